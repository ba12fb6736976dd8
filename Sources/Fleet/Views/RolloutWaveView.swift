/// One wave of a rollout as people follow it.
package struct RolloutWaveView: Hashable, Sendable, Codable {
    /// Where a wave stands.
    package enum State: String, Hashable, Sendable, Codable, CaseIterable {
        /// Its turn has not come; its hosts may be preparing.
        case waiting
        /// Its hosts move.
        case underWay
        /// Its hosts are done, and it is watched.
        case baking
        /// The next one has begun, or the rollout has ended.
        case done
    }

    /// Counts from 0.
    package var number: Int
    /// Where it stands.
    package var state: State
    /// How many hosts it has.
    package var size: Int
    /// Where they stand; sums to `size`.
    package var counts: RolloutCounts

    /// One wave.
    package init(number: Int, state: State, size: Int, counts: RolloutCounts) {
        self.number = number
        self.state = state
        self.size = size
        self.counts = counts
    }
}
