import ArgumentParser
import Fleet
import FleetClient

/// `muster hold create`.
struct HoldCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Condemn what deployments want, or a version, without haste.",
        discussion: """
            Nobody rolls it out again, and hosts that serve it go back one after the other, under the standing budget. \
            To take everything back at once: `muster rollback`.
            """
    )

    @OptionGroup var scope: RollbackScope
    @Option(
        help: ArgumentHelp(
            "The version of the model that is condemned; what is wanted now when it is left out.",
            valueName: "version"
        )
    )
    var condemn: String?
    @Option(help: "Why; it is kept in the hold and in the audit.") var reason: String

    func validate() throws { try RolloutTelling.check(reason) }

    func run() async throws {
        let request = HoldRequest(scope: try scope.scope(), hosts: scope.hosts, version: condemn, reason: reason)
        try await OperatorSession.run { session in
            let style = session.terminal.style
            let made = try await session.client.createHold(request)
            let lines = made.items.map { RollbackPrinter.condemned($0, style: style) }
            let refusals = RollbackPrinter.refusals(made.refused, style: style)
            session.terminal.say((lines + refusals).joined(separator: "\n"))
            guard let first = made.items.first else { return }
            let id = made.items.count == 1 ? first.hold.id : "ID"
            session.terminal.say(
                "\nOnly a person lifts it: muster hold lift \(id)"
                    + "\nTo see who still serves it: muster where \(first.revision.model)@\(first.revision.version)"
            )
        }
    }
}
