/// How many hosts of a rollout's list stand where.
package typealias RolloutCounts = HostCounts<RolloutStanding>

extension HostCounts<RolloutStanding> {
    /// The hosts of some targets.
    package init(_ targets: some Sequence<RolloutTarget>) {
        self.init()
        for target in targets { add(target.standing) }
    }
}
