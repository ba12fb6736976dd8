import Fleet
import FleetStore
import Foundation
import Testing

/// A controller that is killed at any commit has lost nothing that it acknowledged, and applied nothing by half.
@Suite struct FleetCrashTests {
    @Test(arguments: [16, 200, 1_500])
    func aKilledControllerHasEveryAcknowledgedWrite(lines: Int) async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.close()
        let said = try Self.run(fixture.path, killAfter: lines)
        #expect(said.count >= lines)
        let store = try FleetDatabase(path: fixture.path)
        try await store.read { reader throws in
            for line in said {
                let words = line.split(separator: " ")
                try #require(words.count == 4 && words[0] == "ok", "\(line)")
                let uid = String(words[1])
                let number = try #require(UInt64(words[2]))
                let record = try #require(try reader.deployment(uid: uid), "\(uid) is lost")
                #expect(record.revision >= number)
                #expect(try reader.revision(number, of: uid) != nil, "revision \(number) of \(uid) is lost")
            }
            for record in try reader.deployments() {
                let rollout = try reader.activeRollout(of: record.uid)
                #expect(rollout?.revision.number == record.revision, "\(record.uid) is applied by half")
                let targets = try rollout.map { try reader.targets(of: $0.id) }
                #expect(targets?.map(\.host) == ["h\(record.revision)"], "\(record.uid) is rolled out by half")
            }
            #expect(try reader.auditBreak() == nil)
            let newest = try reader.revision()
            let changes = try reader.changes(after: newest > 5_000 ? newest - 5_000 : 0, limit: 10_000)
            #expect(changes.last?.revision == newest)
        }
        try await store.close()
    }

    private static func run(_ path: String, killAfter lines: Int) throws -> [Substring] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("muster-store-writer")
        process.arguments = ["fleet", path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        var output = Data()
        var count = 0
        while true {
            let more = pipe.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            output.append(more)
            let before = count
            count += more.count { $0 == UInt8(ascii: "\n") }
            if before < lines, count >= lines { kill(process.processIdentifier, SIGKILL) }
        }
        process.waitUntilExit()
        // The last line may be cut by the kill.
        return String(decoding: output, as: UTF8.self).split(separator: "\n")
    }
}
