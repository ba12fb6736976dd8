import Fleet
package import FleetMetrics
import NIOCore

extension WireTelemetryBatch {
    /// The most series, and the most samples, of one batch that are looked at.
    private static let seriesLimit = 2048
    private static let instanceLabel = "instance"

    /// Records on the wire: one series a figure.
    package init(_ records: [FigureRecord], dropped: UInt64 = 0) {
        self.init()
        fromMs = records.map(\.at.milliseconds).min() ?? 0
        toMs = records.map(\.at.milliseconds).max() ?? 0
        self.dropped = dropped
        for record in records {
            for (figure, value) in record.values.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                var one = WireSeries()
                one.name = figure.rawValue
                one.deployment = record.deployment ?? ""
                one.labels = [Self.instanceLabel: record.instance]
                var sample = WireSample()
                sample.atMs = record.at.milliseconds
                sample.value = value
                one.samples = [sample]
                series.append(one)
            }
        }
    }

    /// Records as batches of at most `limit` bytes each (DESIGN §11: 64 KiB). A record alone is never larger.
    package static func batches(of records: [FigureRecord], dropped: UInt64 = 0, limit: Int) -> [[UInt8]] {
        guard !records.isEmpty else { return [] }
        let bytes = Array(WireTelemetryBatch(records, dropped: dropped).buffer().readableBytesView)
        guard bytes.count > limit, records.count > 1 else { return [bytes] }
        let half = records.count / 2
        return batches(of: Array(records[..<half]), dropped: dropped, limit: limit)
            + batches(of: Array(records[half...]), dropped: dropped, limit: limit)
    }

    /// What the batch holds, by moment. Figures that this controller does not know, and values that are no numbers, are
    /// left out.
    ///
    /// - Throws: `ProtocolError` when it holds more than its bounds.
    package func records() throws(ProtocolError) -> [FigureRecord] {
        guard series.count <= Self.seriesLimit, series.allSatisfy({ $0.samples.count <= 16 }) else {
            throw ProtocolError(
                field: "TelemetryBatch.series",
                problem: "holds more than \(Self.seriesLimit) series, or one of more than 16 samples"
            )
        }
        var places: [FigureRecord: Int] = [:]
        var records: [FigureRecord] = []
        for one in series {
            guard let figure = Figure(rawValue: one.name), figure.isOfHost == one.deployment.isEmpty else { continue }
            let deployment = one.deployment.isEmpty ? nil : try PeerText.name(one.deployment, "Series.deployment")
            let instance = PeerText.words(one.labels[Self.instanceLabel] ?? "", limit: 128)
            for sample in one.samples where sample.value.isFinite {
                let at = PeerText.instant(sample.atMs)
                let key = FigureRecord(at: at, deployment: deployment, instance: instance, values: [:])
                let place = places[key] ?? records.count
                if place == records.count {
                    places[key] = place
                    records.append(key)
                }
                records[place].values[figure] = sample.value
            }
        }
        return records
    }
}
