import ArgumentParser
import Fleet
import FleetClient

/// `muster describe`.
struct DescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Tell all that is known about one object."
    )

    @Argument(help: "TYPE NAME, or TYPE/NAME.", completion: NameCompletion.objects) var object: [String]

    func run() async throws {
        let reference = try ObjectReference(object)
        let name = try reference.requiredName()
        try await OperatorSession.run { session in
            switch reference.type {
            case .model: try await show(.models, name, in: session)
            case .modelversion: try await show(.modelVersions, name, in: session)
            case .runtime: try await show(.runtimes, name, in: session)
            case .deployment: try await show(.deployments, name, in: session)
            case .host: try await show(.hosts, name, in: session)
            case .rollout: try await show(.rollouts, name, in: session)
            case .rollback: try await show(.rollbacks, name, in: session)
            case .hold: try await show(.holds, name, in: session)
            }
        }
    }

    private func show<View: PrintedView>(
        _ collection: ObjectCollection<View>,
        _ name: String,
        in session: OperatorSession
    ) async throws {
        let view = try await session.get(collection, name)
        session.terminal.say(view.description(style: session.terminal.style, now: session.now))
    }
}
