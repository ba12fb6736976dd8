import ArgumentParser
import Fleet
import FleetClient

/// `muster where`.
struct WhereCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "where",
        abstract: "Say which hosts serve a model, or served it at a point in time.",
        discussion: "Times are the hosts' own. A host that cannot be reached is listed with what it served last."
    )

    @Argument(
        help: ArgumentHelp("The model, or one version of it.", valueName: "model[@version]"),
        completion: NameCompletion.names(of: .model)
    ) var model: String
    @Option(
        help: ArgumentHelp("When, like 02:55, '2026-11-22 02:55' or '30m ago'; now, if left out.", valueName: "time")
    )
    var at: String?
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print: table or json.")
    var output: RollbackBegin.Format = .table

    func run() async throws {
        let parts = model.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard !parts[0].isEmpty, parts.count == 1 || !parts[1].isEmpty else {
            throw ValidationError("'\(model)' is no model; write MODEL or MODEL@VERSION.")
        }
        let name = try ObjectReference.name(parts[0], of: .model)
        try await OperatorSession.run { session in
            let now = session.now
            let view = try await session.client.hosts(
                serving: name,
                version: parts.count > 1 ? parts[1] : nil,
                at: try at.map { try TimePoint.read($0, option: "--at", now: now) }
            )
            guard output == .table else { return session.terminal.say(try ObjectPrinter.json(view)) }
            session.terminal.say(ServingPrinter.text(view, isNow: at == nil, style: session.terminal.style, now: now))
        }
    }
}
