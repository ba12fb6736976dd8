/// Latencies of acknowledged writes over a stretch of time.
struct Measurement: Sendable {
    /// Nanoseconds of each write.
    var latencies: [UInt64]
    /// Seconds from the first to the last.
    var seconds: Double

    /// Writes a second.
    var perSecond: Double { Double(latencies.count) / seconds }

    /// One JSON line.
    func print(_ what: String, writers: Int) {
        let sorted = latencies.sorted()
        func milliseconds(_ part: Double) -> String {
            guard !sorted.isEmpty else { return "null" }
            let index = min(sorted.count - 1, Int(Double(sorted.count) * part))
            return StoreBenchmark.rounded(Double(sorted[index]) / 1e6)
        }
        Swift.print(
            "{\"bench\":\"store\",\"what\":\"\(what)\",\"writers\":\(writers),\"writes\":\(sorted.count),"
                + "\"writes_per_second\":\(Int(perSecond)),\"p50_ms\":\(milliseconds(0.5)),"
                + "\"p99_ms\":\(milliseconds(0.99)),\"max_ms\":\(milliseconds(1))}"
        )
    }
}
