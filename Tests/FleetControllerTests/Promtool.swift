import Foundation
import Testing

/// Debian's `promtool check metrics`: an independent judge of exposition texts and of metric names.
enum Promtool {
    /// Fails the test for whatever promtool finds.
    static func check(_ page: String) throws {
        let program = try #require(
            ProcessInfo.processInfo.environment["MUSTER_PROMTOOL"],
            "there is no promtool: run Deploy/scripts/setup, and set MUSTER_PROMTOOL as Deploy/scripts/test does"
        )
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(page.utf8))
        try input.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && said.isEmpty, "\(said)")
    }
}
