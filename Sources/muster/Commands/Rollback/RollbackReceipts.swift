import ArgumentParser
import Fleet
import FleetClient

/// `muster rollback receipts`.
struct RollbackReceipts: AsyncParsableCommand {
    /// What `-o json` writes: all that an auditor needs.
    struct Export: Codable {
        /// What was asked for, by whom, and why.
        var rollback: Rollback
        /// In the order of deployments and hosts.
        var receipts: [RollbackHostView]
    }

    static let configuration = CommandConfiguration(
        commandName: "receipts",
        abstract: "Print every host's receipt of a rollback.",
        discussion: """
            AUDIT is the number of the audit's record of the outcome; -o json adds its hash, who asked, and what each host \
            served from when to when.
            """
    )

    @Argument(help: "The rollback's id.", completion: NameCompletion.names(of: .rollback)) var id: String
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print: table or json.")
    var output: RollbackBegin.Format = .table

    func run() async throws {
        let id = try ObjectReference.name(id, of: .rollback)
        try await OperatorSession.run { session in
            let view = try await session.client.rollback(id)
            let receipts = try await session.client.receipts(of: id).sorted {
                ($0.deployment, $0.host) < ($1.deployment, $1.host)
            }
            guard output == .table else {
                let export = Export(rollback: view.rollback, receipts: receipts)
                return session.terminal.say(try ObjectPrinter.json(export))
            }
            session.terminal.say(RollbackPrinter.receipts(receipts, style: session.terminal.style, now: session.now))
            session.terminal.say("\n\(RollbackPrinter.summary(view.counts, style: session.terminal.style))")
        }
    }
}
