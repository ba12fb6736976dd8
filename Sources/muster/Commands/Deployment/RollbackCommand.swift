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
        let reference = try ObjectReference(name.contains("/") ? [name] : ["deployment", name])
        let deployment = try reference.requiredName()
        try Self.check(try confirm ?? ask(deployment, on: .current), deployment: deployment)
        try await OperatorSession.run { session in
            let view = try await session.client.rollBack(deployment, reason: reason, confirm: deployment)
            // A terminal that follows shows the hosts below in any case.
            let isLive = isWatching && session.terminal.isInteractive
            session.terminal.say(Self.text(view, style: session.terminal.style, now: session.now, hosts: !isLive))
            guard !isWatching else { return try await follow(view.hold.hold, of: deployment, in: session) }
            let explain = "muster explain deployment/\(deployment)"
            session.terminal.say("\nTo follow it: muster get deployment \(deployment); if it waits: \(explain)")
        }
    }

    /// What the rollback began.
    static func text(_ view: RollbackView, style: TextStyle, now: Instant, hosts: Bool = true) -> String {
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

    private func ask(_ deployment: String, on terminal: Terminal) throws -> String {
        guard terminal.canAsk else {
            throw ValidationError("there is no terminal to ask on: confirm with --confirm \(deployment).")
        }
        terminal.write("This condemns what '\(deployment)' wants. Type its name to go on: ")
        return readLine()?.trimmingPrefix { $0.isWhitespace }.description ?? ""
    }

    private func follow(_ hold: Hold, of deployment: String, in session: OperatorSession) async throws {
        var screen = LiveScreen(terminal: session.terminal)
        var log = ReceiptLog(hold: hold)
        var patience = Patience()
        while true {
            do {
                let view = try await session.client.get(.deployments, deployment)
                patience.reset()
                let lines = log.lines(for: view.hosts)
                if session.terminal.isInteractive {
                    screen.show(HostStandings.table(view.hosts, style: session.terminal.style, now: session.now))
                } else {
                    session.terminal.say(lines.joined(separator: "\n"))
                }
                switch log.outcome {
                case .running: break
                case .done: return session.terminal.say("\nOnly a person lifts the hold: muster hold lift \(hold.id)")
                case .failed:
                    session.terminal.say("\nTo see why: muster explain deployment/\(deployment)")
                    throw ExitCode.failure
                }
            } catch let error as ClientError {
                guard patience.allows(error, at: session.now) else { throw error }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
