import ArgumentParser
import Fleet
import FleetClient

/// `muster rollback`.
struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Condemn what a deployment wants and send its hosts back to what served before.",
        discussion: """
            It creates a hold that only a person lifts (`muster hold lift`). Every host resolves its own target, on its \
            return if it is offline. On a terminal the deployment's name is asked for; elsewhere --confirm NAME is needed.
            """
    )

    @Argument(help: "The deployment's name.") var name: String
    @Option(help: "Why; it is kept in the hold and in the audit.") var reason: String
    @Option(help: "The deployment's name once more.") var confirm: String?
    @Flag(name: [.customShort("w"), .customLong("watch")], help: "Follow it until every reachable host has a receipt.")
    var isWatching = false

    func validate() throws {
        guard !reason.allSatisfy(\.isWhitespace) else { throw ValidationError("--reason is empty; say why.") }
    }

    func run() async throws {
        let deployment = try ObjectReference.deployment(name)
        if let confirm {
            try Self.check(confirm, deployment: deployment)
        } else if !Terminal.current.canAsk {
            throw ValidationError("there is no terminal to ask on: confirm with --confirm \(deployment).")
        }
        try await OperatorSession.run { session in
            if confirm == nil {
                let view = try await session.client.get(.deployments, deployment)
                try Self.check(ask(try Self.announcement(of: view), on: session.terminal), deployment: deployment)
            }
            let view = try await session.client.rollBack(deployment, reason: reason, confirm: deployment)
            // A terminal that follows shows the hosts below in any case.
            let isLive = isWatching && session.terminal.isInteractive
            session.terminal.say(Self.text(view, style: session.terminal.style, now: session.now, hosts: !isLive))
            guard !isWatching else { return try await follow(view.hold.hold, of: deployment, in: session) }
            let explain = "muster explain deployment/\(deployment)"
            session.terminal.say("\nTo follow it: muster get deployment \(deployment); if it waits: \(explain)")
        }
    }

    /// What a rollback would condemn, for the person who is asked.
    static func announcement(of view: DeploymentView) throws -> String {
        let name = view.deployment.name
        let isRunning = view.hosts.contains { host in
            if case .inProgress? = host.receipt { host.connected } else { false }
        }
        if isRunning, let hold = view.holds.last {
            return "\(hold.revision.title) of '\(name)' is being rolled back already; this joins that rollback."
        }
        guard let condemned = condemned(by: view) else {
            throw CommandFailure(
                "deployment '\(name)' has nothing to roll back: no revision is wanted",
                hint: "see why: muster explain deployment/\(name)"
            )
        }
        return "This condemns \(condemned) of '\(name)', everywhere, until a person lifts the hold."
    }

    /// What a rollout takes to the hosts or back from them; else what is wanted.
    private static func condemned(by view: DeploymentView) -> String? {
        guard let rollout = view.rollout, !rollout.state.isTerminal else { return view.wanted?.title }
        let served = view.hosts.flatMap { [$0.goal, $0.serving, $0.previous, $0.way] }
        let known = ([view.written, view.wanted] + served).compactMap(\.self)
        return known.first { $0.digest == rollout.revision.digest }?.title ?? "revision \(rollout.revision.number)"
    }

    /// What the rollback began.
    static func text(_ view: RollbackStart, style: TextStyle, now: Instant, hosts: Bool = true) -> String {
        let hold = view.hold
        let title = "\(style.paint("condemned", .bad)) \(hold.revision.title) of \(hold.deployment)"
        let line = "\(title): hold \(hold.hold.id), by \(hold.hold.actor)\n"
        return hosts ? "\(line)\n\(HostStandings.table(view.hosts, style: style, now: now))" : "\(line)\n"
    }

    /// The confirmation must be the deployment's name.
    static func check(_ confirmation: String, deployment: String) throws {
        guard confirmation == deployment else {
            throw ValidationError("'\(confirmation)' is not '\(deployment)': nothing was rolled back.")
        }
    }

    private func ask(_ announcement: String, on terminal: Terminal) -> String {
        terminal.say(announcement)
        terminal.write("Type its name to go on: ")
        return readLine()?.trimmingPrefix { $0.isWhitespace }.description ?? ""
    }

    private func follow(_ hold: Hold, of deployment: String, in session: OperatorSession) async throws {
        var screen = LiveScreen(terminal: session.terminal)
        var log = ReceiptLog(hold: hold)
        let following = Following(
            subject: "the rollback of \(deployment)",
            deployment: deployment,
            again: "muster get deployment \(deployment)",
            now: { session.now }
        )
        try await following.run {
            try await session.client.get(.deployments, deployment)
        } uid: { view in
            view.uid
        } show: { view in
            let lines = log.lines(for: view.hosts)
            if session.terminal.isInteractive {
                screen.show(HostStandings.table(view.hosts, style: session.terminal.style, now: session.now))
            } else {
                session.terminal.say(lines.joined(separator: "\n"))
            }
            return try isOver(log.outcome, of: view, hold, in: session)
        }
    }

    private func isOver(
        _ outcome: ReceiptLog.Outcome,
        of view: DeploymentView,
        _ hold: Hold,
        in session: OperatorSession
    ) throws -> Bool {
        let name = view.deployment.name
        guard !view.removing else {
            throw CommandFailure(
                "the rollback of \(name) has ended: somebody deletes deployment '\(name)', so its hosts stop",
                hint: "see what still stops: muster get deployment \(name)"
            )
        }
        switch outcome {
        case .running: return false
        case .done:
            session.terminal.say("\nOnly a person lifts the hold: muster hold lift \(hold.id)")
            return true
        case .failed:
            session.terminal.say("\nTo see why: muster explain deployment/\(name)")
            throw ExitCode.failure
        }
    }
}
