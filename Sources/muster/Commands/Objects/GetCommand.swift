import ArgumentParser
import Fleet
import FleetClient

/// `muster get`.
struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "List objects, or show one.",
        discussion: """
            Types: model, modelversion (mv), runtime (rt), deployment (deploy), host, rollout, rollback, hold; plurals \
            too. A rollout bears the name of its deployment.
            """
    )

    @Argument(help: "TYPE, TYPE NAME, or TYPE/NAME.") var object: [String]
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: "How to print."
    )
    var output: OutputFormat = .table
    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: "Only objects whose labels match, like 'env=prod,site in (lyon,ulm)'."
    )
    var selector: String?

    func run() async throws {
        let reference = try ObjectReference(object)
        if selector != nil, reference.name != nil { throw ValidationError("a NAME and --selector exclude each other.") }
        if selector != nil, [.rollout, .rollback, .hold].contains(reference.type) {
            throw ValidationError("\(reference.type.collection) bear no labels: --selector would have no effect.")
        }
        try await OperatorSession.run { session in
            switch reference.type {
            case .model: try await show(.models, reference, in: session)
            case .modelversion: try await show(.modelVersions, reference, in: session)
            case .runtime: try await show(.runtimes, reference, in: session)
            case .deployment: try await show(.deployments, reference, in: session)
            case .host: try await show(.hosts, reference, in: session)
            case .rollout: try await show(.rollouts, reference, in: session)
            case .rollback: try await show(.rollbacks, reference, in: session)
            case .hold: try await show(.holds, reference, in: session)
            }
        }
    }

    private func show<View: PrintedView>(
        _ collection: ObjectCollection<View>,
        _ reference: ObjectReference,
        in session: OperatorSession
    ) async throws {
        let style = session.terminal.style
        if let name = reference.name {
            let view = try await session.client.get(collection, name)
            session.terminal.say(try ObjectPrinter.text(view, as: output, style: style, now: session.now))
        } else {
            let listing = try await session.client.list(collection, selector: selector)
            session.terminal.say(try ObjectPrinter.text(listing, as: output, style: style, now: session.now))
        }
    }
}
