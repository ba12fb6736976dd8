import Fleet
import FleetMetrics
import FleetStore
import Foundation
import Testing

@Suite struct TelemetryDatabaseTests {
    private func withDatabase(
        retention: Span = .seconds(7 * 86_400),
        rows: Int = 1000,
        _ body: (TelemetryDatabase) async throws -> Void
    ) async throws {
        let path = NSTemporaryDirectory() + "muster-telemetry-\(UUID().uuidString).sqlite"
        defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }
        let database = try TelemetryDatabase(path: path, retention: retention, rows: rows)
        try await body(database)
        try await database.close()
    }

    private func key(_ minute: Int64, host: String = "h", figure: Figure = .requests) -> RollUpKey {
        RollUpKey(host: host, deployment: "d", figure: figure, at: Instant(milliseconds: minute * 60_000))
    }

    private func begins(_ database: TelemetryDatabase, host: String = "h") async throws -> [Int64] {
        try await database.rollUps(host: host, deployment: "d", figure: .requests, from: Instant(milliseconds: 0))
            .map { $0.begin.milliseconds / 60_000 }
    }

    @Test func whatIsAddedIsMerged() async throws {
        try await withDatabase { database in
            var whole = RollUp(5)
            whole.add(-1)
            try await database.add([key(1): whole, key(1, figure: .errors): RollUp(0)])
            try await database.add([key(4): RollUp(10), key(5): RollUp(2.5)])
            let read = try await database.rollUps(
                host: "h",
                deployment: "d",
                figure: .requests,
                from: Instant(milliseconds: 0)
            )
            #expect(read.map(\.begin.milliseconds) == [0, 300_000])
            whole.add(10)
            #expect(read[0].rollUp == whole)
            #expect(read[1].rollUp == RollUp(2.5))
        }
    }

    @Test func theOldIsForgotten() async throws {
        try await withDatabase(retention: .seconds(3600)) { database in
            for minute in stride(from: Int64(0), to: 180, by: 5) { try await database.add([key(minute): RollUp(1)]) }
            #expect(try await database.forget(now: Instant(milliseconds: 180 * 60_000)) == 24)
            #expect(try await begins(database).first == 120)
        }
    }

    @Test func theOldestOfTooMuchIsForgotten() async throws {
        try await withDatabase(rows: 20) { database in
            for minute in stride(from: Int64(0), to: 75, by: 5) {
                try await database.add([key(minute): RollUp(1), key(minute, host: "other"): RollUp(1)])
            }
            #expect(try await database.forget(now: Instant(milliseconds: 0)) == 10)
            #expect(try await begins(database) == Array(stride(from: Int64(25), to: 75, by: 5)))
            #expect(try await database.forget(now: Instant(milliseconds: 0)) == 0)
        }
    }
}
