package import Fleet

/// How many hosts of a rollout's list are alike. The counts of a rollout sum to the size of its list.
package struct RolloutTargetCount: Hashable, Sendable {
    /// Counts from 0.
    package var wave: Int
    /// Where these hosts stand.
    package var state: TargetState
    /// What has been asked of them.
    package var asked: RolloutTarget.Asked
    /// What stands over their state, by the name of the case of ``RolloutTarget/Overlay``; `nil` for nothing.
    package var overlay: String?
    /// Whether they count as failed.
    package var isFailed: Bool
    /// How many they are: 1…
    package var count: Int
}
