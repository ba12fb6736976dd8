import Glibc

/// Latencies of acknowledged writes over a stretch of time.
struct Measurement: Sendable {
    /// Nanoseconds of each write.
    var latencies: [UInt64]
    /// Seconds from the first to the last.
    var seconds: Double
    /// Seconds of processor time that the process took meanwhile.
    var processorSeconds: Double

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
                + "\"processor_us_per_write\":\(Int(processorSeconds * 1e6 / Double(max(1, sorted.count)))),"
                + "\"p99_ms\":\(milliseconds(0.99)),\"max_ms\":\(milliseconds(1))}"
        )
    }

    /// Seconds of processor time that this process has taken so far.
    static func processorTime() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }
}
