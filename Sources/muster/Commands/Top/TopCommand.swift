import ArgumentParser
import Fleet
import FleetClient

/// `muster top`.
struct TopCommand: AsyncParsableCommand {
    /// What is shown.
    enum Subject: String, ExpressibleByArgument, CaseIterable {
        case hosts, replicas, deployments

        /// In the singular and in short too.
        init?(argument: String) {
            if let subject = Subject(rawValue: argument) { self = subject; return }
            if argument == "replica" { self = .replicas; return }
            guard let subject = (try? ObjectType.named(argument)).flatMap({ Subject(rawValue: $0.collection) }) else {
                return nil
            }
            self = subject
        }
    }

    /// How it is printed.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, wide, json
    }

    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show what hosts, replicas or deployments use and do.",
        discussion: """
            CPU is in processors (1.5: one and a half were busy), REQ/S and ERR/S are between the last two readings, \
            LATENCY is the mean of the requests between them. AGE says how old a figure is: agents read every 15 s. \
            A figure that the model server does not show is missing. With -w it goes on until interrupted.
            """
    )

    @Argument(help: "hosts, replicas or deployments.") var subject: Subject = .hosts
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print: table, wide or json.")
    var output: Format = .table
    @Option(help: "What comes first: name, cpu, memory or requests (the most first).") var sort: FigureTable.Order =
        .name
    @Flag(name: [.customShort("w"), .customLong("watch")], help: "Show it again and again.") var isWatching = false

    func validate() throws {
        guard subject == .hosts, sort == .requests else { return }
        throw ValidationError("hosts have no requests: sort by cpu or memory, or see 'muster top replicas'.")
    }

    func run() async throws {
        try await OperatorSession.run { session in
            guard isWatching else {
                session.terminal.say(try text(try await session.client.figures(), session.terminal.style))
                return
            }
            try await watch(session)
        }
    }

    private func watch(_ session: OperatorSession) async throws {
        var screen = LiveScreen(terminal: session.terminal)
        var patience = Patience(at: session.now)
        var shown = ""
        while true {
            do {
                let view = try await session.client.figures()
                patience.answered(at: session.now)
                let text = try text(view, session.terminal.style)
                if session.terminal.isInteractive {
                    screen.show(text)
                } else if text != shown {
                    session.terminal.say(shown.isEmpty ? text : "\n\(text)")
                }
                shown = text
            } catch let error as ClientError {
                guard patience.verdict(on: error, at: session.now) == .tryAgain else { throw error }
            }
            try await Task.sleep(for: .seconds(2))
        }
    }

    private func text(_ view: FiguresView, _ style: TextStyle) throws -> String {
        let table = FigureTable(view: view, order: sort, isWide: output == .wide)
        switch (subject, output) {
        case (.hosts, .json): return try ObjectPrinter.json(table.hosts)
        case (.replicas, .json): return try ObjectPrinter.json(table.replicas)
        case (.deployments, .json): return try ObjectPrinter.json(table.deployments)
        case (.hosts, _): return table.hostText(style)
        case (.replicas, _): return table.replicaText(style)
        case (.deployments, _): return table.deploymentText(style)
        }
    }
}
