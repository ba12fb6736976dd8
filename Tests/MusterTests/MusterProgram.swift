import Foundation

/// The program itself, run as a person's shell would.
struct MusterProgram {
    /// What a run left.
    struct Run {
        var status: Int32
        var output: String
        var error: String
    }

    let environment: [String: String]
    /// Another program in its place.
    var program = Self.path

    init(environment: [String: String]) {
        self.environment = environment
    }

    /// The program beside the tests, or in `MUSTER_BIN_DIR`.
    static var path: String {
        let directory =
            ProcessInfo.processInfo.environment["MUSTER_BIN_DIR"]
            ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path()
        return URL(filePath: directory).appending(path: "muster").path()
    }

    /// Runs a command to its end. No thread waits meanwhile: the peer may be in this process.
    func callAsFunction(_ arguments: String..., input: String = "") async throws -> Run {
        try await run(arguments, input: input)
    }

    /// Runs a command on a terminal of its own: everything it prints is the output, and lines end with a newline alone.
    func onTerminal(_ arguments: String...) async throws -> Run {
        let script = "import os,pty,sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
        var run = try await run(arguments, through: ["/usr/bin/env", "python3", "-c", script])
        run.output = run.output.replacing("\r\n", with: "\n")
        return run
    }

    /// The same, with arguments that were put together.
    ///
    /// - Parameter through: a program that runs it, with its own arguments.
    func run(_ arguments: [String], input: String = "", through: [String] = []) async throws -> Run {
        let directory = URL(filePath: NSTemporaryDirectory()).appending(path: "muster-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = ["input", "output", "error"].map { directory.appending(path: $0) }
        for file in files { try Data(file.lastPathComponent == "input" ? input.utf8 : "".utf8).write(to: file) }
        let process = Process()
        let words = through + [program] + arguments
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        let path = ProcessInfo.processInfo.environment["PATH"].map { ["PATH": $0] } ?? [:]
        process.environment = path.merging(environment) { $1 }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        let (ended, end) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { process in
            end.yield(process.terminationStatus)
            end.finish()
        }
        try process.run()
        var status: Int32 = -1
        for await code in ended { status = code }
        return Run(
            status: status,
            output: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
            error: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
        )
    }
}
