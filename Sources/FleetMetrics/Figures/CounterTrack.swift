/// What a counter has grown by, through its resets: a value below the one before means that the counter began anew, and
/// has grown by that value since (as Prometheus' `increase` counts).
package struct CounterTrack: Hashable, Sendable, Codable {
    /// The newest value.
    package private(set) var last: Double?
    /// What it has grown by since the first value.
    package private(set) var total: Double
    /// How often it began anew.
    package private(set) var resets: Int

    /// A counter that was not read yet.
    package init() {
        last = nil
        total = 0
        resets = 0
    }

    /// Takes the next value; what the counter has grown by since the one before. The first value is no growth, and
    /// values that are negative or no numbers are ignored.
    @discardableResult
    package mutating func read(_ value: Double) -> Double {
        guard value.isFinite, value >= 0 else { return 0 }
        guard let before = last else {
            last = value
            return 0
        }
        last = value
        if value < before { resets += 1 }
        let growth = value < before ? value : value - before
        total += growth
        return growth
    }

    /// What is counted began anew, though the next value may be above the last: another process counts now.
    package mutating func beganAnew() {
        guard last != nil else { return }
        last = 0
        resets += 1
    }
}
