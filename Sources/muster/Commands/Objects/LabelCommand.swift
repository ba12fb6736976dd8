import ArgumentParser
import Fleet
import FleetClient
import FleetManifest

/// `muster label`.
struct LabelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Set and take away labels of models, model versions, runtimes, deployments or hosts.",
        usage: "muster label (TYPE NAME … | TYPE/NAME … | TYPE --selector LABELS) (KEY=VALUE | KEY-) … [OPTIONS]",
        discussion: """
            All of them are changed, or none. Nothing else of an object changes: no rollout begins. Labels of hosts are \
            different: deployments select hosts by them, so a host that is no longer selected is drained and its replica \
            removed, and --allow-removal is needed to stop a deployment on more than one host.
            """
    )

    @Argument(help: "Objects, and labels: KEY=VALUE sets one, KEY- takes it away.", completion: NameCompletion.objects)
    var words: [String]
    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: "Every object of the type whose labels match, like 'env=prod,site in (lyon,ulm)'."
    )
    var selector: String?
    @Option(help: "Why; it is kept in the audit.") var reason: String?
    @Flag(help: "Allow it to stop a deployment on more than one host.") var allowRemoval = false

    func validate() throws {
        let (type, _, _) = try read()
        if allowRemoval, type != .host { throw ValidationError("--allow-removal is for labels of hosts.") }
    }

    func run() async throws {
        let (type, names, labels) = try read()
        try await OperatorSession.run { session in
            let names = selector == nil ? names : try await matching(type, in: session.client)
            guard type != .host else {
                return try await HostLabel.label(
                    names,
                    labels,
                    reason: reason,
                    allowRemoval: allowRemoval,
                    in: session
                )
            }
            let view = try await session.client.label(
                names.map { "\(type.kind)/\($0)" },
                set: labels.set,
                removing: labels.removed,
                reason: reason
            )
            session.terminal.say(PlanPrinter.changes(view.changes, style: session.terminal.style))
        }
    }

    /// What is labelled: one type, and names unless there is a selector.
    private func read() throws -> (type: ObjectType, names: [String], labels: LabelWords) {
        let labels = try LabelWords(words)
        guard let first = labels.names.first else {
            throw ValidationError("name what is labelled: TYPE NAME, or TYPE/NAME.")
        }
        if let stray = labels.names.dropFirst().first(where: { $0.contains("/") != first.contains("/") }) {
            throw ValidationError("'\(stray)' does not go with '\(first)'; write TYPE NAME …, or TYPE/NAME ….")
        }
        let references =
            first.contains("/")
            ? try labels.names.map { try ObjectReference([$0]) }
            : try [ObjectReference([first])] + labels.names.dropFirst().map { try ObjectReference([first, $0]) }
        let types = Set(references.map(\.type))
        guard let type = types.first, types.count == 1 else {
            throw ValidationError("label objects of one type at a time.")
        }
        guard ![.rollout, .rollback, .hold].contains(type) else {
            throw ValidationError("\(type.collection) bear no labels of their own; label their deployment.")
        }
        let names = references.compactMap(\.name)
        guard names.isEmpty == (selector != nil) else {
            throw ValidationError(
                selector == nil
                    ? "name one \(type.rawValue), or say --selector." : "names and --selector exclude each other."
            )
        }
        return (type, names, labels)
    }

    private func matching(_ type: ObjectType, in client: OperatorClient) async throws -> [String] {
        let names =
            switch type {
            case .model: try await client.list(.models, selector: selector).items.map(\.printedName)
            case .modelversion: try await client.list(.modelVersions, selector: selector).items.map(\.printedName)
            case .runtime: try await client.list(.runtimes, selector: selector).items.map(\.printedName)
            case .deployment: try await client.list(.deployments, selector: selector).items.map(\.printedName)
            case .host: try await client.list(.hosts, selector: selector).items.map(\.printedName)
            case .rollout, .rollback, .hold: [String]()
            }
        guard names.isEmpty else { return names }
        throw CommandFailure(
            .nothingMatches,
            "no \(type.rawValue) matches '\(selector ?? "")'",
            hint: "see 'muster get \(type.collection)'"
        )
    }
}
