/// What a report says of a histogram, in milliseconds.
struct LatencySummary: Codable, Hashable, Sendable {
    var count: UInt64
    var p50: Double
    var p90: Double
    var p99: Double
    var p999: Double
    var max: Double

    init(_ histogram: LatencyHistogram) {
        func milliseconds(_ nanoseconds: Int64) -> Double { (Double(nanoseconds) / 1000).rounded() / 1000 }
        count = histogram.count
        p50 = milliseconds(histogram.quantile(0.5))
        p90 = milliseconds(histogram.quantile(0.9))
        p99 = milliseconds(histogram.quantile(0.99))
        p999 = milliseconds(histogram.quantile(0.999))
        max = milliseconds(histogram.maximum)
    }
}
