import Fleet

extension DeploymentPlanner {
    /// What each host is to have after this step.
    func items(of after: DeploymentPicture) -> [String: AssignmentItem] {
        var items: [String: AssignmentItem] = [:]
        for host in after.hosts {
            guard let item = item(for: host, in: after) else { continue }
            items[host.id] = numbered(item, after: host.item)
        }
        return items
    }

    private func item(for host: DeploymentPicture.Host, in after: DeploymentPicture) -> AssignmentItem? {
        guard host.isSelected, !after.isRemoving else {
            return host.item.flatMap { removal(of: $0, on: host, in: after) }
        }
        // A rollout comes first: its revision is not condemned, and it may be the only way out for a host that has nothing
        // good to go back to.
        if let reference = due(on: host, in: after), let revision = after.revision(reference) {
            return template(.converge, revision, in: after)
        }
        if let hold = condemned(on: host, in: after) {
            return template(.rollback(id: hold.id), nil, in: after)
        }
        if let reference = after.settled, let revision = after.revision(reference) {
            return template(.converge, revision, in: after)
        }
        return host.item == nil ? nil : template(.converge, nil, in: after)
    }

    /// A removal stays until the host has acknowledged it.
    private func removal(
        of item: AssignmentItem,
        on host: DeploymentPicture.Host,
        in after: DeploymentPicture
    ) -> AssignmentItem? {
        if item.order == .remove, host.currentReport?.state == .removed { return nil }
        return template(.remove, nil, in: after)
    }

    /// The hold that condemns what the host serves or was told to serve, as far as anybody knows.
    private func condemned(on host: DeploymentPicture.Host, in after: DeploymentPicture) -> Hold? {
        if let serving = host.report?.serving, let hold = after.holds.condemning(serving) { return hold }
        if let assigned = host.item?.revision?.reference, let hold = after.holds.condemning(assigned) { return hold }
        if case .rollback(let id) = host.item?.order, let hold = after.holds.first(where: { $0.id == id }) {
            return host.currentReport?.receipt?.isFinal == true ? nil : hold
        }
        return nil
    }

    /// The active rollout's revision, where the host's wave has begun.
    private func due(on host: DeploymentPicture.Host, in after: DeploymentPicture) -> RevisionReference? {
        guard let rollout = after.rollout, rollout.state == .progressing,
            let target = rollout.targets.first(where: { $0.host == host.id }), target.wave <= rollout.wave
        else { return nil }
        return rollout.revision
    }

    private func template(
        _ order: AssignmentItem.Order,
        _ revision: Revision?,
        in after: DeploymentPicture
    ) -> AssignmentItem {
        AssignmentItem(
            deployment: after.uid,
            name: after.name,
            number: 0,
            order: order,
            revision: revision,
            endpoint: after.endpoint,
            stableFor: after.policy.rolloutStableFor,
            rollbackStableFor: after.policy.rollbackStableFor,
            succeeded: Array(after.succeeded.suffix(FleetLimits.revisionsKept)),
            holds: after.holds
        )
    }

    /// A changed item gets the next number; one that says the same keeps its own, so that nothing is pre-empted.
    private func numbered(_ item: AssignmentItem, after old: AssignmentItem?) -> AssignmentItem {
        guard let old else {
            var first = item
            first.number = 1
            return first
        }
        guard !old.saysTheSame(as: item) else { return old }
        var next = item
        next.number = old.number + 1
        return next
    }
}

extension Receipt {
    /// Whether a host with this receipt has left what was condemned, so that ordinary convergence may follow.
    fileprivate var isFinal: Bool {
        switch self {
        case .done, .unaffected: true
        case .inProgress, .offline, .noTarget, .pinned, .failed: false
        }
    }
}
