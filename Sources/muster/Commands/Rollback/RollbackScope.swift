import ArgumentParser
import Fleet

/// Which deployments, and which of their hosts: shared by `muster rollback` and `muster hold create`.
struct RollbackScope: ParsableArguments {
    @Argument(help: "The deployments' names.", completion: NameCompletion.names(of: .deployment)) var names: [String] =
        []
    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: "Instead of names: every deployment whose labels match, like 'env=prod,team in (a,b)'."
    )
    var selector: String?
    @Flag(name: .customLong("all"), help: "Instead of names: every deployment.") var isAll = false
    @Option(help: "Only on hosts whose labels match, like 'site=lyon'.") var hosts: String?

    func validate() throws {
        let given = [!names.isEmpty, selector != nil, isAll].count { $0 }
        guard given > 0 else {
            throw ValidationError("name a deployment, or say --selector LABELS or --all.")
        }
        guard given == 1 else { throw ValidationError("names, --selector and --all exclude each other.") }
        try Self.check(selector, option: "--selector")
        try Self.check(hosts, option: "--hosts")
        _ = try deployments()
    }

    /// As the controller is asked.
    func scope() throws -> Rollback.Scope {
        if isAll { return .all }
        return try selector.map { .selector($0) } ?? .deployments(deployments())
    }

    private func deployments() throws -> [String] {
        var seen: [String] = []
        for name in try names.map({ try ObjectReference.deployment($0) }) where !seen.contains(name) {
            seen.append(name)
        }
        return seen
    }

    /// What is typed to confirm it: the deployment's name when one is named, else `all`.
    func confirmation() throws -> String {
        let names = try deployments()
        return names.count == 1 ? names[0] : "all"
    }

    /// As it is typed again.
    var typed: String {
        let subject = isAll ? "--all" : selector.map { "--selector '\($0)'" } ?? names.joined(separator: " ")
        return subject + (hosts.map { " --hosts '\($0)'" } ?? "")
    }

    private static func check(_ text: String?, option: String) throws {
        guard let text else { return }
        let example = "write it like 'env=prod,site in (lyon,ulm)'"
        do throws(LabelSelector.Problem) {
            let selector = try LabelSelector(text)
            guard selector.requirements.isEmpty else { return }
        } catch {
            let place = "\(error.message), at character \(error.offset + 1)"
            throw ValidationError("\(option) '\(text)' is no selector: \(place); \(example).")
        }
        throw ValidationError("\(option) '\(text)' has no condition, so it would take everything; \(example).")
    }
}
