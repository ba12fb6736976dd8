import Foundation

/// Debian's `tinyproxy` on a free port, with a log that tells what went through it.
final class Tinyproxy {
    static let program = "/usr/bin/tinyproxy"
    static var isThere: Bool { FileManager.default.isExecutableFile(atPath: program) }

    struct NoPort: Error {}

    let port: Int
    private let process = Process()
    private let directory = NSTemporaryDirectory() + "muster-tinyproxy-\(UUID().uuidString)"

    /// - Parameter account: USER PASSWORD that it asks for; empty for none.
    init(account: String = "") async throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        port = Int.random(in: 20_000..<28_000)
        let settings = """
            Port \(port)
            Listen 127.0.0.1
            Timeout 60
            LogFile "\(directory)/log"
            LogLevel Info
            MaxClients 50
            Allow 127.0.0.1
            \(account.isEmpty ? "" : "BasicAuth \(account)")

            """
        try Data(settings.utf8).write(to: URL(filePath: "\(directory)/conf"))
        process.executableURL = URL(filePath: Self.program)
        process.arguments = ["-d", "-c", "\(directory)/conf"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let limit = ContinuousClock.now + .seconds(20)
        while !log.contains("Accepting connections") {
            guard process.isRunning, ContinuousClock.now < limit else { throw NoPort() }
            await Task.yield()
        }
    }

    deinit {
        // Not SIGTERM: a test's process may have it blocked, and what it starts inherits that.
        kill(process.processIdentifier, SIGKILL)
        try? FileManager.default.removeItem(atPath: directory)
    }

    var log: String { (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? "" }
}
