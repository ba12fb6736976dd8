/// How many hosts of a rollout's list stand where; what is 0 is left out.
package struct RolloutCounts: Hashable, Sendable, Codable {
    private var values: [String: Int]

    /// Nobody.
    package init() {
        values = [:]
    }

    /// The hosts of some targets.
    package init(_ targets: some Sequence<RolloutTarget>) {
        self.init()
        for target in targets { add(target.standing) }
    }

    package init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: Int].self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(values)
    }

    /// So many stand there.
    package subscript(standing: RolloutStanding) -> Int { values[standing.rawValue] ?? 0 }

    /// How many there are altogether.
    package var total: Int { values.values.reduce(0, +) }

    /// More hosts stand there.
    package mutating func add(_ standing: RolloutStanding, _ count: Int = 1) {
        guard count != 0 else { return }
        values[standing.rawValue, default: 0] += count
    }

    /// `17 verified, 3 moving`: what is 0 is left out.
    package var text: String {
        RolloutStanding.reading.filter { self[$0] > 0 }.map { "\(self[$0]) \($0.words)" }.joined(separator: ", ")
    }
}
