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

    /// The same, with arguments that were put together.
    func run(_ arguments: [String], input: String = "") async throws -> Run {
        let directory = URL(filePath: NSTemporaryDirectory()).appending(path: "muster-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = ["input", "output", "error"].map { directory.appending(path: $0) }
        for file in files { try Data(file.lastPathComponent == "input" ? input.utf8 : "".utf8).write(to: file) }
        let process = Process()
        process.executableURL = URL(filePath: Self.path)
        process.arguments = arguments
        process.environment = environment
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
