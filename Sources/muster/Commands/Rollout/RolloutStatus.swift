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
            Then it answers 0 when the rollout succeeded and 1 when it did not. Of a long list the hosts that are \
            moving or need attention are shown, the others counted; --all shows every host.
            """
    )

    @Argument(help: "The deployment's name.", completion: NameCompletion.names(of: .deployment)) var name: String
    @Flag(name: [.customShort("w"), .customLong("watch")], help: "Follow it until it ends.") var isWatching = false
    @Flag(name: .customLong("all"), help: "Show every host of a long list.") var showsAll = false

    func run() async throws {
        let deployment = try ObjectReference.deployment(name, as: [.deployment, .rollout])
        try await OperatorSession.run { session in
            guard isWatching else {
                let view = try await session.client.rollout(of: deployment, all: showsAll)
                session.terminal.tell(tree(of: view, in: session))
                return
            }
            try await follow(deployment, in: session)
        }
    }

    private func tree(of view: RolloutView, in session: OperatorSession) -> String {
        RolloutTree.text(view, style: session.terminal.style, now: session.now, all: showsAll)
    }

    private func follow(_ deployment: String, in session: OperatorSession) async throws {
        var screen = LiveScreen(terminal: session.terminal)
        var log = RolloutLog(all: showsAll)
        let following = Following(
            subject: "the rollout of \(deployment)",
            deployment: deployment,
            again: "muster rollout status \(deployment) -w",
            now: { session.now }
        )
        try await following.run {
            try await session.client.rollout(of: deployment, all: showsAll)
        } uid: { view in
            view.rollout.deployment
        } show: { view in
            if session.terminal.isInteractive {
                screen.show(tree(of: view, in: session), folds: true)
            } else {
                session.terminal.say(log.lines(for: view).joined(separator: "\n"))
            }
            guard Self.isOver(view) else { return false }
            guard let next = Self.nextStep(after: view) else { return true }
            session.terminal.tell(next)
            throw ExitCode.failure
        }
    }

    /// Whether there is nothing to wait for: it has ended, or a rule has paused it until a person speaks. Where a person has
    /// paused it, somebody is at work already.
    static func isOver(_ view: RolloutView) -> Bool {
        if let pause = view.rollout.pause { return pause.cause != .person }
        return view.rollout.state.isTerminal
    }

    /// What a person does when a rollout has not succeeded; `nil` when it has.
    static func nextStep(after view: RolloutView) -> String? {
        switch view.rollout.state {
        case .succeeded: nil
        // Something else is wanted now: that has a state of its own.
        case .cancelled, .superseded: "\nTo see what is wanted now: muster get deployment \(view.deployment)"
        case .paused:
            "\nIt waits for a person. To go on: muster rollout resume \(view.deployment)"
                + "\nTo take it back: muster rollout abort \(view.deployment) --reason …"
        case .preflight, .progressing, .baking, .aborting, .aborted:
            "\nTo see why: muster explain deployment/\(view.deployment)"
        }
    }
}
