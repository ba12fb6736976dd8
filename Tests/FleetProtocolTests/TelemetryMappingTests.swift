import Fleet
import FleetMetrics
import NIOCore
import Testing

@testable import FleetProtocol

@Suite struct TelemetryMappingTests {
    private static func record(_ index: Int) -> FigureRecord {
        FigureRecord(
            at: Instant(milliseconds: 1_795_000_000_000 + Int64(index)),
            deployment: index == 0 ? nil : "uid-\(index)",
            instance: "\(index)@1",
            values: index == 0 ? [.hostCPU: 3.5, .hostLoad: 0] : [.requests: Double(index), .memory: 1e9]
        )
    }

    @Test func recordsSurviveTheWire() throws {
        let records = (0..<5).map(Self.record)
        let wire = try WireTelemetryBatch(buffer: WireTelemetryBatch(records, dropped: 7).buffer())
        #expect(try wire.records() == records)
        #expect(wire.dropped == 7)
        #expect(wire.fromMs == 1_795_000_000_000)
        #expect(wire.toMs == 1_795_000_000_004)
    }

    @Test func aFullHostFitsIntoOneBatchAndAnyNumberIntoSeveral() throws {
        let full = (0...FleetLimits.replicasPerHost).map { index in
            FigureRecord(
                at: Instant(milliseconds: 1),
                deployment: index == 0 ? nil : "0123456789abcdef0123456789abcdef",
                instance: "4194304@1795286220999",
                values: Dictionary(
                    uniqueKeysWithValues: Figure.allCases.filter { $0.isOfHost == (index == 0) }.map { ($0, 1) }
                )
            )
        }
        #expect(WireTelemetryBatch.batches(of: full, limit: FleetLimits.telemetryBytes).count == 1)
        #expect(WireTelemetryBatch.batches(of: [], limit: 10).isEmpty)
        let records = (0..<100).map(Self.record)
        let batches = WireTelemetryBatch.batches(of: records, limit: 500)
        #expect(batches.allSatisfy { $0.count <= 500 })
        #expect(try batches.flatMap { try WireTelemetryBatch(buffer: ByteBuffer(bytes: $0)).records() } == records)
    }

    @Test func leavesOutWhatItDoesNotKnow() throws {
        var wire = WireTelemetryBatch([Self.record(1)])
        for (name, deployment, value) in [
            ("of_the_future", "uid-1", 1), ("host_load1", "uid-1", 1), ("requests", "", 1),
            ("errors", "uid-1", Double.nan),
        ] {
            var series = wire.series[0]
            series.name = name
            series.deployment = deployment
            series.samples[0].value = value
            wire.series.append(series)
        }
        #expect(try wire.records() == [Self.record(1)])
    }

    @Test func refusesWhatIsBeyondItsBounds() {
        var wire = WireTelemetryBatch([Self.record(1)])
        let many = wire
        wire.series[0].samples = Array(repeating: wire.series[0].samples[0], count: 17)
        #expect(throws: ProtocolError.self) { try wire.records() }
        var wide = many
        wide.series = Array(repeating: many.series[0], count: 2049)
        #expect(throws: ProtocolError.self) { try wide.records() }
        var nameless = many
        nameless.series[0].deployment = "a\u{1}"
        #expect(throws: ProtocolError.self) { try nameless.records() }
    }
}
