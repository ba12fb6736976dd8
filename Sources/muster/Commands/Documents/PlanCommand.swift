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
            reached. `muster apply --plan HASH` does just what was shown, or refuses. --plan-file FILE keeps what was read \
            and the hash for `muster apply --plan-file FILE`, on another machine too: after a review, in a pipeline.
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
    @Option(
        help: ArgumentHelp("Keep the plan in this file, for `muster apply --plan-file`.", valueName: "file"),
        completion: .file(extensions: ["json"])
    )
    var planFile: String?

    func run() async throws {
        let sources = try ManifestFiles.sources(files.files)
        let documents = try ManifestFiles.documents(of: sources)
        var isPending = false
        try await OperatorSession.run { session in
            do {
                let plan = try await session.client.plan(
                    documents: documents.map { JSONTextWriter.compact($0.node) },
                    options: set.settings,
                    all: showsAll || output == .json
                )
                isPending = PlanPrinter.isPending(plan)
                if let planFile {
                    try PlanFile(hash: plan.hash, settings: set.settings, sources: sources).write(to: planFile)
                }
                guard output == .table else { return session.terminal.say(try ObjectPrinter.json(plan)) }
                session.terminal.say(PlanPrinter.text(plan, style: session.terminal.style))
                let whole = "\(files.typed)\(set.typed) --plan \(plan.hash)"
                let command = PlanPrinter.command(for: plan, options: planFile.map { "--plan-file \($0)" } ?? whole)
                session.terminal.say(isPending ? "\nTo do just this: \(command)" : "\nNothing to do.")
            } catch let error as ClientError {
                throw CommandFailure(error, documents: documents)
            }
        }
        if isPending { throw ExitCode(2) }
    }
}
