import ArgumentParser
import Fleet
import FleetClient

/// `muster hold describe`.
struct HoldDescribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Tell all that is known about one hold, one that was lifted too."
    )

    @Argument(help: "The hold's id.", completion: NameCompletion.names(of: .hold)) var id: String

    func run() async throws {
        let id = try ObjectReference.name(id, of: .hold)
        try await OperatorSession.run { session in
            let view = try await session.client.get(.holds, id)
            session.terminal.say(view.description(style: session.terminal.style, now: session.now))
        }
    }
}
