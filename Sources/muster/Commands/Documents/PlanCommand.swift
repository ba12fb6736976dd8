import ArgumentParser
import Fleet
import FleetClient
import FleetManifest

/// `muster plan`.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what applying files would do, host by host. It changes nothing.",
        discussion: """
            Its hash covers what is desired, the eligible hosts and the revisions they come from; not whether hosts can be \
            reached. `muster apply --plan HASH` does just what was shown, or refuses.
            Of a plan for many hosts the hosts of each wave are counted and the first few are listed; --all lists every one.
            Exit codes: 0 nothing to do (held content says by whom), 1 error, 2 changes are pending.
            """
    )

    /// How a plan is printed.
    enum Output: String, ExpressibleByArgument, CaseIterable {
        /// For people.
        case table
        /// What the API answers, with every host.
        case json
    }

    @OptionGroup var files: FileOptions
    @OptionGroup var set: SetOptions
    @Flag(name: .customLong("all"), help: "List every host of a long plan.") var showsAll = false
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print; json has every host.")
    var output: Output = .table

    func run() async throws {
        let documents = try ManifestFiles.read(files.files)
        var isPending = false
        try await OperatorSession.run { session in
            do {
                let plan = try await session.client.plan(
                    documents: documents.map { JSONTextWriter.compact($0.node) },
                    options: set.settings,
                    all: showsAll || output == .json
                )
                isPending = PlanPrinter.isPending(plan)
                guard output == .table else { return session.terminal.say(try ObjectPrinter.json(plan)) }
                session.terminal.say(PlanPrinter.text(plan, style: session.terminal.style))
                let command = PlanPrinter.command(for: plan, options: files.typed + set.typed)
                session.terminal.say(isPending ? "\nTo do just this: \(command)" : "\nNothing to do.")
            } catch let error as ClientError {
                throw CommandFailure(error, documents: documents)
            }
        }
        if isPending { throw ExitCode(2) }
    }
}
