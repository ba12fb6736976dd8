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
        let deployment = try ObjectReference.deployment(name, as: [.deployment, .rollout])
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
        let following = Following(
            subject: "the rollout of \(deployment)",
            deployment: deployment,
            again: "muster rollout status \(deployment) -w",
            now: { session.now }
        )
        try await following.run {
            try await session.client.rollout(of: deployment)
        } uid: { view in
            view.rollout.deployment
        } show: { view in
            if session.terminal.isInteractive {
                screen.show(RolloutTree.text(view, style: session.terminal.style, now: session.now))
            } else {
                session.terminal.say(log.lines(for: view).joined(separator: "\n"))
            }
            guard view.rollout.state.isTerminal else { return false }
            guard let next = Self.nextStep(after: view) else { return true }
            session.terminal.say(next)
            throw ExitCode.failure
        }
    }

    /// What a person does when a rollout has not succeeded; `nil` when it has.
    static func nextStep(after view: RolloutView) -> String? {
        switch view.rollout.state {
        case .succeeded: nil
        // Something else is wanted now: that has a state of its own.
        case .cancelled, .superseded: "\nTo see what is wanted now: muster get deployment \(view.deployment)"
        case .progressing, .aborting, .aborted: "\nTo see why: muster explain deployment/\(view.deployment)"
        }
    }
}
