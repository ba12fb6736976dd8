import Fleet
import FleetPlanning
import FleetStore

extension ViewBuilder {
    /// A deployment's newest rollout with its hosts; `nil` when it has had none.
    ///
    /// - Parameter showsAll: whether a long list is shown whole.
    func rollout(of record: DeploymentRecord, showsAll: Bool) throws -> RolloutView? {
        guard let rollout = try reader.newestRollout(of: record.uid) else { return nil }
        let policy = record.deployment.policy
        let calendar = WindowCalendar(policy).openTimes(from: now)
        let targets = try reader.targets(of: rollout.id).sorted { ($0.wave, $0.name) < ($1.wave, $1.name) }
            .map { $0.deferred(by: calendar, in: rollout, at: now) }
        let outline = RolloutOutline(rollout: rollout, targets: targets)
        let expected = outline.expectation(at: now, policy: policy.rollout, calendar: calendar)
        return RolloutView(
            rollout: rollout,
            deployment: record.deployment.name,
            revision: try revisions.view(rollout.revision, of: record.uid),
            counts: outline.counts,
            waves: outline.waves,
            targets: outline.shown(all: showsAll),
            expectedEnd: expected?.end,
            expectation: expected?.words,
            explanations: rollout.state.isTerminal ? try standstill() : try explanations(of: record)
        )
    }

    /// A deployment's newest rollout without its hosts; `nil` when it has had none.
    func newestRollout(of record: DeploymentRecord) throws -> RolloutView? {
        guard let rollout = try reader.newestRollout(of: record.uid) else { return nil }
        var view = try summary(of: rollout, record)
        view.explanations = rollout.state.isTerminal ? try standstill() : try explanations(of: record)
        return view
    }

    /// A rollout without its hosts, and without reasons.
    func summary(of rollout: Rollout, _ record: DeploymentRecord) throws -> RolloutView {
        var counts = RolloutCounts()
        for row in try reader.targetCounts(of: rollout.id) {
            let standing = RolloutStanding(
                state: row.state,
                asked: row.asked,
                overlay: row.overlay,
                isFailed: row.isFailed
            )
            counts.add(standing, row.count)
        }
        return RolloutView(
            rollout: rollout,
            deployment: record.deployment.name,
            revision: try revisions.view(rollout.revision, of: record.uid),
            counts: counts
        )
    }
}
