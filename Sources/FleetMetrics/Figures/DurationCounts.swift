/// How long things took, as a cumulative histogram with fixed bounds.
package struct DurationCounts: Hashable, Sendable {
    /// The upper bounds, in seconds; what is longer falls into a bucket without one.
    package static let bounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30]

    /// How many took at most each bound; the last is of all.
    package private(set) var cumulative = [UInt64](repeating: 0, count: bounds.count + 1)
    /// What all took together, in seconds.
    package private(set) var sum = 0.0

    /// Nothing was counted.
    package init() {}

    /// How many were counted.
    package var count: UInt64 { cumulative[Self.bounds.count] }

    /// Counts one.
    package mutating func add(seconds: Double) {
        sum += seconds
        for (index, bound) in Self.bounds.enumerated() where seconds <= bound { cumulative[index] += 1 }
        cumulative[Self.bounds.count] += 1
    }
}

extension ExpositionWriter {
    /// A histogram.
    package mutating func histogram(_ name: String, _ help: String, _ counts: DurationCounts) {
        family(name, .histogram, help)
        for (bound, count) in zip(DurationCounts.bounds, counts.cumulative) {
            sample("\(name)_bucket", [("le", "\(bound)")], Double(count))
        }
        sample("\(name)_bucket", [("le", "+Inf")], Double(counts.count))
        sample("\(name)_sum", [], counts.sum)
        sample("\(name)_count", [], Double(counts.count))
    }
}
