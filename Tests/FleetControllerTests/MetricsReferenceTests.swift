import Fleet
import FleetMetrics
import FleetProtocol
import FleetTestSupport
import Testing

@testable import FleetController

/// The page of the reference about `GET /metrics`: every family that the page itself names.
@Suite struct MetricsReferenceTests {
    @Test func families() throws {
        let rows = ("\n" + (try Self.page())).split(separator: "\n# HELP ").map { family in
            let lines = family.split(separator: "\n")
            let name = lines[0].prefix { $0 != " " }
            let help = lines[0].drop { $0 != " " }.dropFirst()
            let type = lines[1].split(separator: " ").last ?? ""
            let labels = Set(lines.dropFirst(2).flatMap { $0.matches(of: #/[{,]([a-z_]+)=/#).map { "`\($0.1)`" } })
            return "| `\(name)` | \(type) | \(labels.sorted().joined(separator: ", ")) | \(help) |"
        }
        #expect(rows.count > 20 && Set(rows).count == rows.count)
        for row in rows { #expect(row.hasPrefix("| `muster_"), "\(row)") }
        for row in rows { #expect(!row.contains("host_cpu") || row.contains("`host`"), "\(row)") }
        let text = """
            # Metrics

            What `GET /metrics` on the operator port shows to Prometheus, with a bearer token of the role `viewer`.

            ## Overview

            Of hosts and replicas it shows the newest figures, and how old they are. A figure that a model server does not show, or by a
            name that no profile knows, is missing.

            | name | type | labels | what it is |
            | --- | --- | --- | --- |
            \(rows.joined(separator: "\n"))

            """
        #expect(try ReferencePage("MetricsReference", says: text).problem == nil)
    }

    /// What a controller shows of one host, which serves one deployment and has sent every figure.
    private static func page() throws -> String {
        let telemetry = TelemetryMemory(now: { Instant(milliseconds: 2000) }, elapsed: { .seconds(2) })
        let values = Dictionary(uniqueKeysWithValues: Figure.allCases.map { ($0, 1.0) })
        let records = [nil, "uid-d"].map { uid in
            FigureRecord(
                at: Instant(milliseconds: 1000),
                deployment: uid,
                instance: "1",
                values: values.filter { $0.key.isOfHost == (uid == nil) }
            )
        }
        #expect(telemetry.take(WireTelemetryBatch(records, dropped: 0).buffer(), of: "h1"))
        let way = MetricsPageTests.reference(1)
        return try MetricsPageTests.page(
            [MetricsPageTests.entry("h1", RollbackReadiness(.ready, revision: way))],
            telemetry: telemetry
        ).text
    }
}
