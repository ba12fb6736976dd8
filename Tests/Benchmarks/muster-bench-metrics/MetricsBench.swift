import FleetMetrics
import Foundation

/// `muster-bench-metrics FILE SECONDS`: reads a document again and again on one core; prints what it did as JSON.
enum MetricsBench {
    static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count == 3, let seconds = Double(arguments[2]),
            let data = FileManager.default.contents(atPath: arguments[1])
        else {
            print("usage: muster-bench-metrics FILE SECONDS")
            return 64
        }
        let bytes = Array(data)
        var reader = ExpositionReader()
        var samples = 0
        var sum = 0.0
        let parsed = measure(bytes.count, seconds) {
            samples = reader.read(bytes.span) { sample, _ in sum += sample.value.isFinite ? sample.value : 0 }.samples
        }
        let mapped = measure(bytes.count, seconds) { sum += FigureReading(bytes.span).values[.requests] ?? 0 }
        print(
            "{\"bytes\": \(bytes.count), \"samples\": \(samples), \"parsedPerSecond\": \(parsed), "
                + "\"mappedPerSecond\": \(mapped), \"sum\": \(sum)}"
        )
        return 0
    }

    /// Bytes for each second of processor time.
    private static func measure(_ bytes: Int, _ seconds: Double, _ read: () -> Void) -> Double {
        var done = 0
        var spent = 0.0
        let began = clock()
        repeat {
            read()
            done += bytes
            spent = Double(clock() - began) / Double(CLOCKS_PER_SEC)
        } while spent < seconds
        return Double(done) / spent
    }
}
