import DaemonKit
import Fleet
import FleetMetrics
import FleetProtocol
import FleetStore
import FleetTestSupport
import Foundation
import Logging
import NIOCore
import Synchronization
import Testing

@testable import FleetAgent
@testable import FleetController

/// Figures from hosts: bounded, kept, shown; and nothing else waits for them.
@Suite(.timeLimit(.minutes(1))) struct TelemetryTests {
    private static func batch(_ records: [FigureRecord], dropped: UInt64 = 0) -> ByteBuffer {
        WireTelemetryBatch(records, dropped: dropped).buffer()
    }

    private static func record(_ second: Int64, deployment: String? = "d", requests: Double = 1) -> FigureRecord {
        FigureRecord(
            at: Instant(milliseconds: second * 1000),
            deployment: deployment,
            instance: "1",
            values: deployment == nil ? [.hostLoad: requests] : [.requests: requests]
        )
    }

    /// A clock that the test sets.
    private final class Clock: Sendable {
        private let seconds = Mutex(Int64(1000))
        var now: Int64 {
            get { seconds.withLock { $0 } }
            set { seconds.withLock { $0 = newValue } }
        }
    }

    private func memory(_ clock: Clock, burst: Double = TelemetryMemory.fleetRate.burst) -> TelemetryMemory {
        TelemetryMemory(
            now: { Instant(milliseconds: clock.now * 1000) },
            elapsed: { .seconds(clock.now) },
            fleetRate: (rate: burst / 2, burst: burst)
        )
    }

    @Test func theNewestIsKeptAndTheGrowthRolledUp() throws {
        let clock = Clock()
        let memory = memory(clock)
        for (second, requests) in [(10, 5), (20, 8), (15, 100), (30, 2)] as [(Int64, Double)] {
            #expect(memory.take(Self.batch([Self.record(second, requests: requests)], dropped: 4), of: "h"))
        }
        #expect(memory.series(of: "h")["d"]?.newest == Self.record(30, requests: 2))
        let waiting = memory.takeWaiting()
        var whole = RollUp(3)
        whole.add(2)
        #expect(
            waiting == [RollUpKey(host: "h", deployment: "d", figure: .requests, at: Instant(milliseconds: 0)): whole]
        )
        #expect(memory.takeWaiting().isEmpty)
        #expect(memory.tally.batches == 4)
        #expect(memory.tally.records == 3)
        #expect(memory.droppedByHosts == 4)
    }

    @Test func aClockThatIsAheadHidesNothing() {
        let clock = Clock()
        let memory = memory(clock)
        _ = memory.take(Self.batch([Self.record(9_000_000, requests: 5)]), of: "h")
        clock.now += 15
        _ = memory.take(Self.batch([Self.record(clock.now, requests: 6)]), of: "h")
        #expect(memory.series(of: "h")["d"]?.newest.values == [.requests: 6])
    }

    @Test func whatIsTooMuchIsLetGoAndCounted() {
        let clock = Clock()
        let memory = memory(clock, burst: 2_097_152)
        #expect(!memory.take(ByteBuffer(bytes: [UInt8](repeating: 0, count: (64 << 10) + 1)), of: "h"))
        #expect(!memory.take(ByteBuffer(bytes: [0xFF, 0xFF]), of: "h"))
        #expect(memory.tally.shed == [.invalid: 2])
        // A batch of 60 KiB.
        let records = (0..<600).map { Self.record(Int64($0), deployment: "deployment-of-many-characters-\($0 % 60)") }
        let large = Self.batch(records)
        #expect(large.readableBytes > 40 << 10 && large.readableBytes <= 64 << 10)
        var taken = 0
        while memory.take(large, of: "h") { taken += 1 }
        #expect(taken == (1 << 20) / large.readableBytes)
        #expect(memory.tally.shed[.hostRate] == 1)
        // Others still may, and so may this one later.
        #expect(memory.take(large, of: "other"))
        clock.now += 2
        #expect(memory.take(large, of: "h"))
        // All together: until the fleet's allowance is used up.
        var host = 0
        while memory.tally.shed[.rate] == nil, host < 100 {
            _ = memory.take(large, of: "h\(host)")
            host += 1
        }
        #expect(host < 100)
        #expect(memory.take(large, of: "last") == false)
    }

    @Test func aHostHasSoManySeriesAtMost() {
        let clock = Clock()
        let memory = memory(clock)
        _ = memory.take(Self.batch([Self.record(1, deployment: nil)]), of: "h")
        for index in 0..<200 {
            _ = memory.take(Self.batch([Self.record(Int64(index + 2), deployment: "d\(index)")]), of: "h")
        }
        let series = memory.series(of: "h")
        #expect(series.count == FleetLimits.replicasPerHost + 1)
        #expect(series[""] != nil)
        #expect(series["d199"] != nil)
        #expect(series["d0"] == nil)
    }

    @Test func whatCannotBeStoredWaitsAndIsMerged() {
        let memory = memory(Clock())
        for second in [1, 2] as [Int64] { _ = memory.take(Self.batch([Self.record(second, requests: 1)]), of: "h") }
        let first = memory.takeWaiting()
        _ = memory.take(Self.batch([Self.record(3, requests: 5)]), of: "h")
        memory.putBack(first)
        var whole = RollUp(0)
        whole.add(4)
        #expect(memory.takeWaiting().values.map { $0 } == [whole])
        #expect(memory.tally.failedWrites == 1)
    }

    /// From a real agent's loop over TLS into the controller's memory, its page and its views.
    @Test func whatAnAgentReadsIsShown() async throws {
        try await ControllerFixture.run { fixture in
            let identity = try await fixture.enrol("lyon-1")
            let presence = ControllerPresence()
            let link = ControllerLink(
                identity: identity,
                host: ScriptedHost(),
                presence: presence,
                logger: fixture.logger
            )
            let bulk = BulkConnection(identity: identity, logger: fixture.logger)
            let uplink = TelemetryUplink(bulk: bulk, presence: presence)
            try await withThrowingTaskGroup { group in
                group.addTask { await link.run() }
                while !presence.isThere { await Task.yield() }
                let now = TimeSource.system.now()
                let figures = HostFigures.read(directory: "/")
                for ago in [15_000, 0] as [Int64] {
                    let at = Instant(milliseconds: now.milliseconds - ago)
                    let record = FigureRecord(at: at, deployment: nil, instance: "boot", values: figures)
                    let batches = WireTelemetryBatch.batches(of: [record], limit: FleetLimits.telemetryBytes)
                    let shed = try await uplink.carry(batches)
                    #expect(shed == 0)
                }
                let shed = try await uplink.carry([[UInt8](repeating: 0xFF, count: 10)])
                #expect(shed == 1)
                group.cancelAll()
            }
            let view = try #require(try await fixture.operations.figures().hosts.first)
            #expect(view.host == "lyon-1")
            #expect(view.cpu == 0)
            #expect(view.memory == HostFigures.read(directory: "/")[.hostMemory])
            try await checkPage(fixture)
        }
    }

    private func checkPage(_ fixture: ControllerFixture) async throws {
        let page = try await fixture.operations.metrics()
        var values: [String: Double] = [:]
        var reader = ExpositionReader()
        let summary = reader.read(Array(page.utf8).span) { sample, document in
            var name = sample.name.text(in: document)
            sample.labels.forEach(in: document) { label in
                name += " \(label.value.text(in: document))"
                return true
            }
            values[name] = sample.value
        }
        #expect(summary.badLines == 0)
        #expect(values["muster_telemetry_batches_received_total"] == 2)
        #expect(values["muster_telemetry_shed_total invalid"] == 1)
        #expect(values["muster_host_memory_bytes lyon-1"] != nil)
        #expect(values["muster_rollouts aborted"] == 0)
        #expect(values["muster_store_write_duration_seconds_count"] ?? 0 >= 2)
        try Promtool.check(page)
    }
}
