import Foundation

/// Runs `curl` (or another program) as the independent peer.
enum Curl {
    struct Result: Sendable {
        var exit: Int32
        var output: Data
        var complaint: String
    }

    /// Runs a program to its end. Files, not pipes, so that nothing can be inherited by another child.
    static func run(_ program: String = "curl", _ arguments: [String], input: String? = nil) async throws -> Result {
        let directory = NSTemporaryDirectory() + "muster-curl-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let process = process(program, arguments)
        process.standardInput = try file("\(directory)/in", holding: input ?? "")
        process.standardOutput = try file("\(directory)/out")
        process.standardError = try file("\(directory)/err")
        let exit: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
            }
        }
        return Result(
            exit: exit,
            output: try Data(contentsOf: URL(fileURLWithPath: "\(directory)/out")),
            complaint: try String(contentsOfFile: "\(directory)/err", encoding: .utf8)
        )
    }

    static func process(_ program: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        return process
    }

    private static func file(_ path: String, holding text: String = "") throws -> FileHandle {
        let url = URL(fileURLWithPath: path)
        try Data(text.utf8).write(to: url)
        return try FileHandle(forUpdating: url)
    }
}
