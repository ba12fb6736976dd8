import ArgumentParser
import Fleet
import FleetManifest

/// `muster runtime lint`.
struct RuntimeLint: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Say what is wrong in files of runtimes, and what is legal and unwise. It asks no controller.",
        discussion: """
            Each warning says where, why and what to do. Documents of other kinds are read as strictly and not judged \
            further. Deploy/runtimes of Muster's source has runtimes of common servers to begin with.
            Exit codes: 0 nothing is wrong (with --strict: nor unwise), 1 something is.
            """
    )

    /// How findings are printed.
    enum Output: String, ExpressibleByArgument, CaseIterable {
        /// For people, and for editors that jump to `file:line:column`.
        case table
        /// For programs.
        case json
    }

    @Argument(
        help: "Files of YAML or JSON documents, directories of them, or - for standard input.",
        completion: FileOptions.completion
    ) var files: [String]
    @Flag(help: "Exit with 1 for warnings too.") var strict = false
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print.") var output: Output = .table

    func run() throws {
        var batch = ManifestBatch(bundle: .optional)
        for source in try ManifestFiles.sources(files) { batch.add(yaml: source.bytes, file: source.file) }
        var names: [String] = []
        var warnings: [RuntimeWarning] = []
        for document in batch.documents {
            guard case .runtime(let runtime) = document.manifest else { continue }
            names.append(runtime.name)
            warnings += RuntimeReview.warnings(of: runtime, in: document.node)
        }
        guard !names.isEmpty || !batch.problems.isEmpty else {
            throw CommandFailure(
                .manifest,
                "there is no Runtime in what was read",
                hint: "name a file that holds one: kind: Runtime"
            )
        }
        let terminal = Terminal.current
        switch output {
        case .json: terminal.say(try ObjectPrinter.json(Report(names, batch.problems, warnings)))
        case .table:
            for line in warnings.flatMap(\.lines) { terminal.say(line) }
            if !batch.problems.isEmpty { throw CommandFailure(problems: batch.problems) }
            terminal.say(Self.summary(names.count, warnings.count))
        }
        if !batch.problems.isEmpty || strict && !warnings.isEmpty { throw ExitCode.failure }
    }

    private static func summary(_ runtimes: Int, _ warnings: Int) -> String {
        let read = runtimes == 1 ? "1 runtime" : "\(runtimes) runtimes"
        return "\(read), \(warnings == 0 ? "no warnings" : warnings == 1 ? "1 warning" : "\(warnings) warnings")"
    }

    /// What `-o json` prints.
    private struct Report: Encodable {
        struct Finding: Encodable {
            var rule: String?
            var file: String?
            var line: Int?
            var column: Int?
            var path: String
            var message: String
            var why: String?
            var hint: String?

            init(_ problem: ManifestProblem, _ rule: RuntimeWarning.Rule? = nil) {
                self.rule = rule?.rawValue
                file = problem.place?.file
                line = problem.place?.line
                column = problem.place?.column
                path = problem.path.pointer
                message = problem.message
                why = rule?.why
                hint = problem.hint
            }
        }

        var runtimes: [String]
        var problems: [Finding]
        var warnings: [Finding]

        init(_ runtimes: [String], _ problems: [ManifestProblem], _ warnings: [RuntimeWarning]) {
            self.runtimes = runtimes
            self.problems = problems.map { Finding($0) }
            self.warnings = warnings.map { Finding($0.problem, $0.rule) }
        }
    }
}
