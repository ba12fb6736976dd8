import ArgumentParser
import Fleet
import FleetClient

/// `muster rollout status`.
struct RolloutStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show a deployment's newest rollout.",
        discussion: """
            With -w it follows the rollout until it ends: as a tree on a terminal, else one line a change. \
            Then it answers 0 when the rollout succeeded and 1 when it did not.
            """
    )

    @Argument(help: "The deployment's name.") var name: String
    @Flag(name: [.customShort("w"), .customLong("watch")], help: "Follow it until it ends.") var isWatching = false

    func run() async throws {
        let reference = try ObjectReference(name.contains("/") ? [name] : ["deployment", name])
        let deployment = try reference.requiredName()
        try await OperatorSession.run { session in
            guard isWatching else {
                let view = try await session.client.rollout(of: deployment)
                session.terminal.say(RolloutTree.text(view, style: session.terminal.style, now: session.now))
                return
            }
            try await follow(deployment, in: session)
        }
    }

    private func follow(_ deployment: String, in session: OperatorSession) async throws {
        var screen = LiveScreen(terminal: session.terminal)
        var log = RolloutLog()
        var patience = Patience()
        while true {
            do {
                let view = try await session.client.rollout(of: deployment)
                patience.reset()
                if session.terminal.isInteractive {
                    screen.show(RolloutTree.text(view, style: session.terminal.style, now: session.now))
                } else {
                    session.terminal.say(log.lines(for: view).joined(separator: "\n"))
                }
                if view.rollout.state.isTerminal { return try finish(view, in: session) }
            } catch let error as ClientError {
                guard patience.allows(error, at: session.now) else { throw error }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private func finish(_ view: RolloutView, in session: OperatorSession) throws {
        guard view.rollout.state != .succeeded else { return }
        session.terminal.say("\nTo see why: muster explain deployment/\(view.deployment)")
        throw ExitCode.failure
    }
}
