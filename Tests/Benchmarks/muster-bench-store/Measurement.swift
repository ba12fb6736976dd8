import Foundation

/// Latencies of acknowledged writes over a stretch of time.
struct Measurement: Sendable {
    /// Nanoseconds of each write.
    var latencies: [UInt64]
    /// Seconds from the first to the last.
    var seconds: Double
    /// Seconds of processor time that the process took meanwhile.
    var processorSeconds: Double

    /// One JSON object.
    func print(_ kind: String, writers: Int) {
        let sorted = latencies.sorted()
        func milliseconds(_ part: Double) -> String {
            guard !sorted.isEmpty else { return "null" }
            let index = min(sorted.count - 1, Int(Double(sorted.count) * part))
            return String(format: "%.3f", Double(sorted[index]) / 1e6)
        }
        let fields: [(String, String)] = [
            ("kind", "\"\(kind)\""),
            ("writers", "\(writers)"),
            ("writes", "\(sorted.count)"),
            ("writesPerSecond", String(format: "%.1f", Double(sorted.count) / seconds)),
            ("processorMicrosecondsPerWrite", "\(Int(processorSeconds * 1e6 / Double(max(1, sorted.count))))"),
            ("p50Milliseconds", milliseconds(0.5)),
            ("p99Milliseconds", milliseconds(0.99)),
            ("maxMilliseconds", milliseconds(1)),
        ]
        Swift.print("{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}")
    }

    /// Seconds of processor time that this process has taken so far.
    static func processorTime() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }
}
