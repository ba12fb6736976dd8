import ArgumentParser
import Fleet
import FleetClient

/// `muster rollback drill`.
struct RollbackDrill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Rehearse a rollback on some hosts: back, measured, and forth again.",
        discussion: """
            It condemns nothing. The hosts are chosen by the controller, go in an open window and under the rollout's \
            budget, and return to what they served. What it measured is kept: see `muster rollback status ID`.
            """
    )

    @Argument(help: "The deployment's name.", completion: NameCompletion.names(of: .deployment)) var name: String
    @Option(help: "How many in a hundred of its hosts: 1 to 100.") var percent: Int
    @Option(help: "Why; it is kept in the audit.") var reason: String?
    @Flag(name: [.customShort("w"), .customLong("watch")], help: "Follow it until it ends.") var isWatching = false

    func validate() throws {
        try RolloutTelling.check(reason)
        guard (1...100).contains(percent) else {
            throw ValidationError("--percent is \(percent); write 1 to 100.")
        }
    }

    func run() async throws {
        let deployment = try ObjectReference.deployment(name)
        try await OperatorSession.run { session in
            let view = try await session.client.drill(deployment, percent: percent, reason: reason)
            let style = session.terminal.style
            session.terminal.say(RollbackPrinter.beginning(view, style: style, now: session.now))
            guard isWatching else { return session.terminal.say("\n" + RollbackPrinter.nextSteps(view.rollback)) }
            try await RollbackFollowing(id: view.rollback.id, showsAll: false, session: session).run()
        }
    }
}
