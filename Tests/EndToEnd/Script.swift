import Foundation
import Testing

/// A program of this checkout that tells by its exit status whether something is so.
struct Script: Sendable, CustomTestStringConvertible {
    let name: String
    let arguments: [String]
    /// The directory it runs in, inside the checkout.
    var directory = "."
    var environment: [String: String] = [:]

    var testDescription: String { name }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    /// The programs that were built beside these tests.
    static let binaries =
        ProcessInfo.processInfo.environment["MUSTER_BIN_DIR"]
        ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    /// The Python with grpcio that `Deploy/scripts/setup` made; nil when it was not told.
    static let python = ProcessInfo.processInfo.environment["MUSTER_PEERS_PYTHON"]

    /// Runs it and records an issue with the end of what it printed, unless it exits 0.
    ///
    /// - Returns: what it printed.
    @discardableResult func mustSucceed() async throws -> String {
        let said = FileManager.default.temporaryDirectory.appending(path: "muster-\(name)-\(UUID().uuidString).log")
        try Data().write(to: said)
        defer { try? FileManager.default.removeItem(at: said) }
        let output = try FileHandle(forWritingTo: said)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = Self.root.appending(path: directory)
        process.environment = ProcessInfo.processInfo.environment
            .merging(["MUSTER_BIN_DIR": Self.binaries]) { _, mine in mine }
            .merging(environment) { _, mine in mine }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        let status = try await Self.exit(of: process)
        let text = try String(decoding: Data(contentsOf: said), as: UTF8.self)
        #expect(
            status == 0,
            "\(arguments.joined(separator: " ")) exited \(status); the end of what it said:\n\(text.suffix(12_000))"
        )
        return text
    }

    /// The exit status. A test that is cancelled (its time is over) takes the process along, politely: it has children.
    private static func exit(of process: Process) async throws -> Int32 {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
                do {
                    try process.run()
                } catch {
                    process.terminationHandler = nil
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            if process.isRunning { process.terminate() }
        }
    }
}
