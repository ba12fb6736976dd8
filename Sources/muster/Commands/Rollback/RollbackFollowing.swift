import ArgumentParser
import Fleet
import FleetClient

/// Follows a rollback until every host that can be reached has its receipt.
struct RollbackFollowing {
    let id: String
    let showsAll: Bool
    let session: OperatorSession

    private var again: String { "muster rollback status \(id) -w" }

    /// Throws `ExitCode` 1 when a host that can be reached is pinned, had no target, or failed.
    func run() async throws {
        let interruption = Interruption("", terminal: session.terminal)
        defer { interruption.end() }
        try await run(interruption)
    }

    /// The same, for a command that hears Ctrl-C already.
    func run(_ interruption: Interruption) async throws {
        let terminal = session.terminal
        interruption.say("not followed any more; the rollback goes on. To follow it again: \(again)")
        var screen = LiveScreen(terminal: terminal)
        var log = RollbackLog(all: showsAll)
        let following = Following(subject: "rollback \(id)", deployment: id, again: again, now: { session.now })
        try await following.run {
            try await session.client.rollback(id, all: showsAll)
        } uid: { view in
            view.rollback.id
        } show: { view in
            if terminal.isInteractive {
                screen.show(
                    RollbackTree.text(view, style: terminal.style, now: session.now, all: showsAll),
                    folds: true
                )
            } else {
                terminal.say(log.lines(for: view).joined(separator: "\n"))
            }
            guard view.state != .running || view.rollback.undone != nil && !view.rollback.isDrill else { return false }
            if !terminal.isInteractive { terminal.say(RollbackPrinter.summary(view.counts, style: terminal.style)) }
            if let next = RollbackPrinter.nextStep(after: view) { terminal.tell("\n\(next)") }
            guard view.isGood else { throw ExitCode.failure }
            return true
        }
    }
}
