import ArgumentParser

/// `muster rollback`.
struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Take deployments back to what served before, and look after rollbacks.",
        usage: """
            muster rollback NAME --reason REASON [--plan] [-w]
            muster rollback --selector LABELS | --all [--hosts LABELS] --reason REASON
            muster rollback list | status [ID] | receipts ID | undo ID --reason REASON
            muster rollback drill NAME --percent PERCENT
            """,
        discussion: """
            A rollback condemns what a deployment wants, by a hold that only a person lifts, and sends every host to its \
            own last good version; a host that is offline goes on its return. Look first with --plan. All options: \
            `muster help rollback begin`.
            """,
        subcommands: [
            RollbackBegin.self, RollbackList.self, RollbackStatus.self, RollbackReceipts.self, RollbackUndo.self,
            RollbackDrill.self,
        ],
        defaultSubcommand: RollbackBegin.self
    )
}
