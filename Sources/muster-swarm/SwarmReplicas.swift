import Fleet

/// What a simulated agent says of its deployments: it does at once whatever it is told, and nothing ever fails. It serves
/// nothing, and puts no outcome into an outbox: its reports are all there is.
struct SwarmReplicas {
    private var replicas: [String: ReplicaReport] = [:]

    /// One a deployment, by uid.
    var reports: [ReplicaReport] { replicas.values.sorted { $0.deployment < $1.deployment } }

    /// Does what is asked; what is not mentioned goes on, and what was removed is forgotten.
    mutating func take(_ assignment: Assignment, at now: Instant) {
        let asked = Set(assignment.items.map(\.deployment))
        for report in replicas.values where report.state == .removed && !asked.contains(report.deployment) {
            replicas[report.deployment] = nil
        }
        for item in assignment.items where replicas[item.deployment]?.item != item.number {
            replicas[item.deployment] = report(of: item, at: now)
        }
    }

    private func report(of item: AssignmentItem, at now: Instant) -> ReplicaReport {
        let old = replicas[item.deployment]
        var report = ReplicaReport(
            deployment: item.deployment,
            name: item.name,
            item: item.number,
            goal: item.revision?.reference,
            state: .pending,
            since: now,
            serving: old?.serving,
            previous: old?.previous,
            good: old?.good ?? [],
            provisional: old?.provisional,
            holds: item.holds.map(\.id)
        )
        switch item.order {
        case .stage: report.state = report.serves(report.goal) ? .verified : report.goal == nil ? .pending : .staged
        case .converge: report.serve(report.goal ?? report.serving)
        case .rollback: report.rollBack(item)
        case .remove: report.remove()
        }
        report.note(item.succeeded)
        return report
    }
}

extension ReplicaReport {
    fileprivate func serves(_ reference: RevisionReference?) -> Bool {
        serving != nil && serving?.digest == reference?.digest
    }

    fileprivate mutating func serve(_ reference: RevisionReference?) {
        state = reference == nil ? .pending : .verified
        guard !serves(reference) else { return }
        previous = serving
        serving = reference
        provisional = reference
    }

    fileprivate mutating func rollBack(_ item: AssignmentItem) {
        guard let left = serving, item.holds.condemning(left) != nil else {
            state = serving == nil ? .pending : .verified
            receipt = .unaffected(serving: serving)
            return
        }
        if let target = good.last(where: { item.holds.condemning($0) == nil }) {
            serve(target)
            goal = target
            receipt = .done(serving: target)
        } else {
            state = .revertFailed
            receipt = .noTarget(item.onFailure)
            if item.onFailure == .stop { serving = nil }
        }
        previous = nil
    }

    fileprivate mutating func remove() {
        state = .removed
        serving = nil
        previous = nil
        good = []
        provisional = nil
    }

    /// Moves what serves to the newest end of `good` once its rollout has succeeded.
    fileprivate mutating func note(_ succeeded: [RevisionReference]) {
        guard let proven = provisional, succeeded.contains(where: { $0.digest == proven.digest }) else { return }
        good = (good.filter { $0.digest != proven.digest } + [proven]).suffix(FleetLimits.revisionsKept)
        provisional = nil
    }
}
