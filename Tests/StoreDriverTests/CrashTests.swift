import Foundation
import StoreDriver
import Testing

/// A process that dies at any moment, and a disk that fills, seen from outside.
@Suite struct CrashTests {
    let directory = try? TemporaryDirectory()

    @Test(arguments: [16, 100, 700, 4_000])
    func whatWasAcknowledgedSurvivesAKill(lines: Int) async throws {
        let path = try #require(directory).file("store.db")
        let said = try Self.run(["driver", path], killAfter: lines)
        #expect(said.count >= lines)
        try await Self.check(said, in: path)
    }

    @Test(arguments: [120_000, 300_000, 1_000_000])
    func aFullDiskIsReportedAndNothingHalfApplied(limit: Int) async throws {
        let path = try #require(directory).file("store.db")
        let said = try Self.run(["driver", path, String(limit)], killAfter: nil)
        let failures = said.filter { $0.hasPrefix("failed ") }
        #expect(failures.count == 16)
        #expect(Set(failures).isSubset(of: ["failed full", "failed inputOutput"]), "\(Set(failures))")
        try await Self.check(said, in: path)
    }

    /// Runs the writer and gathers its lines; kills it (SIGKILL) once it has said so many.
    static func run(_ arguments: [String], killAfter lines: Int?) throws -> [Substring] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("muster-store-writer")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        var output = Data()
        var isKilled = false
        while true {
            let more = pipe.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            output.append(more)
            if let lines, !isKilled, output.count(where: { $0 == UInt8(ascii: "\n") }) >= lines {
                kill(process.processIdentifier, SIGKILL)
                isKilled = true
            }
        }
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).split(separator: "\n")
    }

    /// Every `ok` is there, no `thrown` is, and no transaction is there by half.
    static func check(_ said: [Substring], in path: String) async throws {
        let migrations = [StoreMigration("1", [])]
        let store = try StoreDatabase(path: path, migrations: migrations)
        let (left, right) = try await store.read { transaction in
            let left = try transaction.rows("SELECT id FROM left").map { try $0.integer("id") }
            return (Set(left), Set(try transaction.rows("SELECT id FROM right").map { try $0.integer("id") }))
        }
        #expect(left == right)
        let acknowledged = Set(said.filter { $0.hasPrefix("ok ") }.compactMap { Int64($0.dropFirst(3)) })
        #expect(!acknowledged.isEmpty)
        #expect(acknowledged.isSubset(of: left), "lost: \(acknowledged.subtracting(left).sorted().prefix(9))")
        let unwanted = left.filter { $0 % 5 == 0 }
        #expect(unwanted.isEmpty)
        let integrity = try await store.read { try $0.row("PRAGMA integrity_check")?.values.first }
        #expect(integrity == .text("ok"))
        try await store.close()
    }
}
