import Fleet

extension DeploymentMachine {
    /// Ends a rollout that something has overtaken, and starts one that is due. Returns the one that a new one took the
    /// place of.
    mutating func endOrStart(_ freshRollout: String) -> Rollout? {
        guard !desired.isFrozen else { return nil }
        endOvertaken()
        guard let who = dueRollout() else { return nil }
        defer {
            desired.freshRequest = nil
            desired.isUndone = false
            isRetried = false
        }
        // Those that an operator has cordoned follow outside the rollout, once they are free again.
        let listed = slots.indices.filter { slots[$0].host.isSelected && slots[$0].host.cordon == nil }
        guard !listed.isEmpty else { return nil }
        var overtaken: Rollout?
        if var old = desired.rollout {
            if !old.state.isTerminal {
                old.end(.superseded, because: "revision \(desired.written.number) took its place", at: now)
            }
            // It may have ended in this very step: that is not stored yet either.
            if old != storedRollout { overtaken = old }
        }
        let ends = desired.policy.rollout.waveEnds(of: listed.count)
        desired.rollout = Rollout(
            id: freshRollout,
            deployment: desired.uid,
            revision: desired.written.reference,
            since: now,
            reason: "the list of \(listed.count) hosts is frozen",
            actor: who.actor,
            startedAt: now,
            waveEnds: ends
        )
        for position in slots.indices where slots[position].host.target != nil {
            slots[position].host.target = nil
        }
        freeze(listed, ends)
        restructure()
        return overtaken
    }

    private mutating func endOvertaken() {
        guard var rollout = desired.rollout, !rollout.state.isTerminal else { return }
        if desired.isRemoving {
            rollout.end(.cancelled, because: "the deployment is being deleted", at: now)
        } else if let hold = desired.condemned(rollout.revision) {
            rollout.end(.cancelled, because: "\(hold.actor) rolled it back: \(hold.reason)", at: now)
        } else {
            return
        }
        desired.rollout = rollout
        lookAtAll()
    }

    /// Who is behind a rollout that is to start now; `nil` when none is: the written content is wanted already, is
    /// condemned, or was tried, and nobody asked for it again.
    private func dueRollout() -> (actor: String?, Void)? {
        guard !desired.isRemoving, desired.condemned(desired.written.reference) == nil,
            desired.written.digest != desired.wanted?.digest || isRetried || isOwed
        else { return nil }
        if let rollout = desired.rollout {
            let isSame = rollout.revision.digest == desired.written.digest
            guard !isSame || (rollout.state.isTerminal && desired.freshRequest != nil) else { return nil }
            // Everyone comes back first.
            guard rollout.state != .aborting else { return nil }
        }
        return (desired.freshRequest, ())
    }

    /// Whether a rollback was taken back, and hosts do not serve what is written.
    private var isOwed: Bool {
        let written = desired.written.digest
        return desired.isUndone && slots.contains { $0.host.isSelected && $0.host.report?.serving?.digest != written }
    }

    /// Freezes the list: those that can be reached first, each wave spread over the sites.
    private mutating func freeze(_ listed: [Int], _ ends: [Int]) {
        let reachable = listed.filter { slots[$0].host.unreachableSince == nil }
        let dark = listed.filter { slots[$0].host.unreachableSince != nil }
        var wave = 0
        for (index, position) in (spread(reachable) + spread(dark)).enumerated() {
            while wave < ends.count - 1, index >= ends[wave] { wave += 1 }
            let host = slots[position].host
            slots[position].host.target = RolloutTarget(
                host: host.id,
                name: host.name,
                site: host.site,
                wave: wave,
                since: now
            )
            changedTargets.insert(position)
        }
    }

    /// One host of each site in turn, in the order of sites and names.
    func spread(_ positions: [Int]) -> [Int] {
        var bySite: [Int: [Int]] = [:]
        for position in positions { bySite[slots[position].site, default: []].append(position) }
        let sites = bySite.sorted { $0.key < $1.key }.map(\.value)
        var order: [Int] = []
        order.reserveCapacity(positions.count)
        var turn = 0
        while order.count < positions.count {
            for site in sites where turn < site.count { order.append(site[turn]) }
            turn += 1
        }
        return order
    }
}

extension Rollout {
    mutating func end(_ state: State, because reason: String, at now: Instant) {
        enter(state, because: reason, at: now)
        clock.set(running: false, at: now)
        bakedFrom = nil
    }

    mutating func enter(_ state: State, because reason: String, at now: Instant) {
        self.state = state
        self.reason = reason
        since = now
        if state != .paused { pause = nil }
    }
}
