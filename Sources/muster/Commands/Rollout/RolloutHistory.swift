import ArgumentParser
import Fleet
import FleetClient

/// `muster rollout history`.
struct RolloutHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show a deployment's rollouts, the newest first."
    )

    @Argument(help: "The deployment's name.", completion: NameCompletion.names(of: .deployment)) var name: String
    @Option(help: "How many at most: 1 to 1000.") var limit = 20
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print.") var output: OutputFormat = .table

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit is \(limit); write 1 to 1000.") }
    }

    func run() async throws {
        let deployment = try ObjectReference.deployment(name, as: [.deployment, .rollout])
        try await OperatorSession.run { session in
            let listing = try await session.client.rolloutHistory(of: deployment, limit: limit)
            let style = session.terminal.style
            guard output == .table else {
                session.terminal.say(try ObjectPrinter.text(listing, as: output, style: style, now: session.now))
                return
            }
            session.terminal.say(Self.text(listing.items, deployment: deployment, style: style, now: session.now))
        }
    }

    /// One line a rollout.
    static func text(_ rollouts: [RolloutView], deployment: String, style: TextStyle, now: Instant) -> String {
        guard !rollouts.isEmpty else { return "\(deployment) has had no rollout yet" }
        let rows = rollouts.map { view -> [TextTable.Cell] in
            let rollout = view.rollout
            let end = rollout.state.isTerminal ? rollout.since : now
            return [
                .init("\(rollout.startedAt)"), .init("\(view.revision.version) (\(view.revision.number))"),
                .init(rollout.state.rawValue, rollout.state.tone),
                .init("\(view.counts[.verified])/\(rollout.size)"),
                .init(Measure.age(of: rollout.startedAt, now: end)), .init(rollout.actor ?? ""), .init(rollout.reason),
            ]
        }
        let titles = ["STARTED", "TO", "STATE", "VERIFIED", "TOOK", "BY", "REASON"]
        return TextTable(titles: titles, rows: rows).text(style: style)
    }
}
