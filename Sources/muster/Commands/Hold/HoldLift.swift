import ArgumentParser
import Fleet
import FleetClient

/// `muster hold lift`.
struct HoldLift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lift",
        abstract: "Lift a hold. Nothing moves by itself: apply the content again to roll it out."
    )

    @Argument(help: "The hold's id.", completion: NameCompletion.names(of: .hold)) var id: String
    @Option(help: "Why; it is kept in the audit.") var reason: String?

    func validate() throws {
        guard reason?.allSatisfy(\.isWhitespace) != true else {
            throw ValidationError("--reason is empty; say why, or leave it out.")
        }
    }

    func run() async throws {
        let id = try ObjectReference.name(id, of: .hold)
        try await OperatorSession.run { session in
            let view = try await session.client.liftHold(id, reason: reason)
            session.terminal.say("lifted \(view.hold.id): \(view.revision.title) of \(view.deployment) may run again")
            session.terminal.say(
                "\nNothing moved. To see what the spec asks for: muster explain deployment/\(view.deployment)"
            )
        }
    }
}
