import ArgumentParser
import Fleet
import FleetClient

/// `muster host inspect`.
struct HostInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Ask a host what it is, what it runs and what is in its way, at this moment.",
        discussion: """
            What the controller knows without asking is in 'muster describe host'. The findings are those of \
            'muster-agent check' there.
            """
    )

    @Argument(help: "The host's name.", completion: NameCompletion.names(of: .host)) var name: String
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print: table or json.")
    var output: RollbackBegin.Format = .table

    func run() async throws {
        let reference = try name.contains("/") ? ObjectReference([name]) : ObjectReference(["host", name])
        let host = try reference.name(of: .host)
        try await OperatorSession.run { session in
            let inspection = try await session.client.inspection(of: host)
            guard output == .table else { return session.terminal.say(try ObjectPrinter.json(inspection)) }
            // The words are the host's own.
            var printer = LogPrinter(isForPerson: session.terminal.isInteractive)
            session.terminal.say(printer.text(inspection.text(style: session.terminal.style)))
        }
    }
}
