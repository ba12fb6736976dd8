/// What is kept of a figure over a span of time: of a counter its growth, of everything else how it stood.
package struct RollUp: Hashable, Sendable, Codable {
    /// How many readings it is of.
    package private(set) var readings: Int
    /// Of a counter: what it grew by. Else the sum of all readings.
    package private(set) var sum: Double
    /// The least reading, or growth.
    package private(set) var least: Double
    /// The greatest reading, or growth.
    package private(set) var greatest: Double

    /// A roll-up of one reading, or growth.
    package init(_ value: Double) {
        readings = 1
        sum = value
        least = value
        greatest = value
    }

    /// A roll-up as it was kept.
    package init(readings: Int, sum: Double, least: Double, greatest: Double) {
        self.readings = readings
        self.sum = sum
        self.least = least
        self.greatest = greatest
    }

    /// Takes one more reading, or growth.
    package mutating func add(_ value: Double) {
        merge(RollUp(value))
    }

    /// Takes the readings of another one. The order does not matter.
    package mutating func merge(_ other: RollUp) {
        readings += other.readings
        sum += other.sum
        least = min(least, other.least)
        greatest = max(greatest, other.greatest)
    }

    /// The mean of the readings.
    package var mean: Double { sum / Double(readings) }
}
