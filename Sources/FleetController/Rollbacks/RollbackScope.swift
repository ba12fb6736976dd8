import Fleet
import FleetStore

/// Which deployments and which hosts a person means.
struct RollbackScope {
    /// The deployments that can be changed, by name.
    var records: [DeploymentRecord] = []
    /// Why others of the scope are left out, by name.
    var refused: [String: String] = [:]
    /// The hosts that it is narrowed to; `nil` for all.
    var selector: LabelSelector?
    /// What a person types to confirm: the deployment's name when one is named, else `all`, whatever matches just now.
    let confirmation: String

    /// Reads what a person wrote.
    ///
    /// - Parameter what: what is asked, in words that follow "cannot".
    /// - Throws: `ControllerError` `invalid` (a selector), `notFound` (a deployment, or nothing matches), `conflict` (all of them
    ///   are being deleted).
    init(_ scope: Rollback.Scope, hosts: String?, to what: String, in reader: FleetReader) throws {
        confirmation = if case .deployments(let names) = scope, Set(names).count == 1 { names[0] } else { "all" }
        selector = try hosts.map { try Self.selector($0, of: "hosts", to: what) }
        for record in try Self.records(scope, what, reader) {
            if record.state == .active {
                records.append(record)
            } else {
                refused[record.deployment.name] = "it is being deleted"
            }
        }
        guard records.isEmpty else { return }
        throw ControllerError(
            .conflict,
            "cannot \(what): \(refused.keys.sorted().map { "deployment '\($0)'" }.joined(separator: ", ")) is being deleted",
            hint: "its replicas are being stopped: see 'muster get deployments'",
            meaning: .beingRemoved
        )
    }

    private static func records(
        _ scope: Rollback.Scope,
        _ what: String,
        _ reader: FleetReader
    ) throws -> [DeploymentRecord] {
        switch scope {
        case .deployments(let names):
            guard !names.isEmpty else {
                throw ControllerError(
                    .invalid,
                    "cannot \(what): no deployment is named",
                    hint: "name one or more, or say --selector or --all"
                )
            }
            return try Set(names).sorted().map { try FleetOperations.find($0, in: reader) }
        case .selector(let text):
            let selector = try selector(text, of: "deployments", to: what)
            let found = try reader.deployments().filter { selector.matches($0.deployment.labels) }
            guard found.isEmpty else { return found }
            throw ControllerError(
                .notFound,
                "cannot \(what): no deployment has labels that match '\(text)'",
                hint: "see the labels of deployments: muster get deployments -o yaml"
            )
        case .all:
            let found = try reader.deployments()
            guard found.isEmpty else { return found }
            throw ControllerError(
                .notFound,
                "cannot \(what): there is no deployment",
                hint: "see 'muster get deployments'"
            )
        }
    }

    private static func selector(_ text: String, of kind: String, to what: String) throws -> LabelSelector {
        do throws(LabelSelector.Problem) {
            return try LabelSelector(text)
        } catch {
            throw ControllerError(
                .invalid,
                "cannot \(what): the selector of \(kind) '\(text)' is wrong at character \(error.offset): \(error.message)",
                hint: "write it like 'env=prod, site in (lyon, ulm)'"
            )
        }
    }
}
