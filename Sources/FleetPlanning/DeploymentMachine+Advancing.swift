import Fleet

extension DeploymentMachine {
    /// Lets the rollout's clock run while Muster can act.
    mutating func setClock() {
        guard var rollout = desired.rollout, !rollout.state.isTerminal else { return }
        let isUnderWay = rollout.state == .progressing || rollout.state == .baking
        let canAct = isUnderWay && calendar.isOpen(at: now) && !isStarved(rollout)
        rollout.clock.set(running: canAct, at: now)
        desired.rollout = rollout
    }

    /// Whether everything that the wave still waits for stands in the queue for a slot of its site.
    private func isStarved(_ rollout: Rollout) -> Bool {
        guard rollout.state == .progressing, isAdmitting else { return false }
        var open = 0
        var asked = 0
        for wave in tally.waves.prefix(rollout.wave + 1) {
            open += wave.open
            asked += wave.asked - (wave.listed - wave.open)
        }
        return open > 0 && asked == 0
    }

    /// One step of the rollout's own machine. Returns whether it moved.
    mutating func advance() -> Bool {
        guard let rollout = desired.rollout, !rollout.state.isTerminal else { return false }
        if hasProven {
            hasProven = false
            desired.rollout?.provenAt = rollout.clock.value(at: now)
        }
        if desired.isFrozen {
            guard rollout.state.isForward, rollout.pause?.cause != .restored else { return false }
            let from = rollout.pause?.from
            _ = pause(.restored, "the controller was restored from a backup, and nothing moves until it is thawed")
            if let from { desired.rollout?.pause?.from = from }
            return true
        }
        if rollout.state.isForward, tally.selected == 0 {
            return end(.cancelled, "no host of its list is selected any more")
        }
        switch rollout.state {
        case .preflight: return begin(rollout)
        case .progressing: return mustStop(rollout) || mustPause(rollout) || finishWave(rollout)
        case .baking: return mustStop(rollout) || mustPause(rollout) || finishBake(rollout)
        case .aborting: return finishAbort(rollout)
        // A pause begins nothing new; what it finds out is no less true.
        case .paused: return mustStop(rollout)
        case .succeeded, .aborted, .superseded, .cancelled: return false
        }
    }

    // MARK: Preflight

    private mutating func begin(_ rollout: Rollout) -> Bool {
        if mustPause(rollout) { return true }
        let waiting = tally.count(of: .waiting) + tally.count(of: .staging) + tally.count(of: .staged)
        guard waiting > 0 else {
            if let refusal = firstRefusal { return pause(.unproven, "no host of the list can take it: \(refusal)") }
            return say("none of the \(tally.listed) hosts of the list can take it now")
        }
        if let closed = calendar.closedBecause(at: now) { return say(waitsForOpening(closed)) }
        if tally.waves[0].open == 0, !bringForward() { return say("nobody of the first wave can take it now") }
        enter(.progressing, "wave 1 of \(rollout.waveEnds.count)")
        desired.rollout?.provenAt = rollout.clock.value(at: now)
        lookAtAll()
        return true
    }

    /// The first host that refuses it or cannot take it, in words that follow a reason.
    private var firstRefusal: String? {
        for target in slots.lazy.compactMap(\.host.target) {
            switch target.overlay {
            case .excluded(let reason), .ineligible(let reason): return "\(target.name): \(reason)"
            case .unreachable, .presumedFailed, .deferred, .skipped, nil: continue
            }
        }
        return nil
    }

    /// A host of a later wave takes the place of those of the first that cannot be reached.
    private mutating func bringForward() -> Bool {
        let other = slots.indices.filter { position in
            guard let target = slots[position].host.target, target.wave > 0, target.overlay == nil else { return false }
            return target.failure == nil && slots[position].host.unreachableSince == nil
        }.min { (slots[$0].host.target?.wave ?? 0, $0) < (slots[$1].host.target?.wave ?? 0, $1) }
        guard let other else { return false }
        slots[other].host.target?.wave = 0
        changedTargets.insert(other)
        dirty.insert(other)
        lookAtDirty()
        return true
    }

    // MARK: What stops it

    private mutating func mustStop(_ rollout: Rollout) -> Bool {
        let failed = tally.count(of: .failed)
        let tolerated = desired.policy.rollout.maxFailed.tolerated(of: rollout.size)
        if tally.waves[0][.failed] > 0 {
            return abort("a host of the first wave failed\(example)")
        }
        if failed > tolerated {
            return abort("\(failed) hosts failed, and \(desired.policy.rollout.maxFailed) (\(tolerated)) may\(example)")
        }
        if case .fail(let reason) = desired.guards { return abort("a guard failed: \(reason)") }
        return false
    }

    mutating func abort(_ reason: String) -> Bool {
        enter(.aborting, reason)
        lookAtAll()
        return true
    }

    /// The first host that failed, in words that follow a reason.
    private var example: String {
        let first = slots.lazy.compactMap(\.host.target).first { $0.failure != nil }
        return first.map { ": \($0.name): \($0.failure ?? "failed")" } ?? ""
    }

    private mutating func mustPause(_ rollout: Rollout) -> Bool {
        if let trouble = digestTrouble {
            digestTrouble = nil
            return pause(.digest, "files came with another digest: \(trouble)")
        }
        let excluded = tally.excluded
        if excluded > rollout.acceptedExclusions,
            excluded * 100 > rollout.size * PlanningTimes.excludedShare, excluded < tally.listed
        {
            return pause(
                .excluded,
                "\(excluded) of \(rollout.size) hosts are excluded, more than \(PlanningTimes.excludedShare)%"
            )
        }
        if rollout.state == .progressing,
            rollout.clock.value(at: now) >= rollout.provenAt + PlanningTimes.stalled
        {
            return pause(.stalled, "no host was verified for \(PlanningTimes.stalled)")
        }
        return false
    }

    mutating func pause(_ cause: Rollout.Pause.Cause, _ reason: String, by actor: String? = nil) -> Bool {
        guard let from = desired.rollout?.state else { return false }
        desired.rollout?.pause = Rollout.Pause(cause: cause, actor: actor, reason: reason, since: now, from: from)
        enter(.paused, reason)
        lookAtAll()
        return true
    }

    // MARK: Waves

    private mutating func finishWave(_ rollout: Rollout) -> Bool {
        let last = rollout.waveEnds.count - 1
        let open = tally.waves.prefix(rollout.wave + 1).reduce(0) { $0 + $1.open }
        let isPromoted = rollout.promoted >= rollout.wave && rollout.wave < last
        guard open == 0 || isPromoted else { return say(wavesWait(rollout)) }
        if tally.count(of: .verified) == 0, !isPromoted {
            if tally.waves[0][.failed] == 0, bringForward() { return true }
            let example = firstRefusal.map { ": \($0)" } ?? ""
            return pause(.unproven, "no host of the waves so far could be verified\(example)")
        }
        enter(.baking, "wave \(rollout.wave + 1) of \(rollout.waveEnds.count) is done and is watched")
        desired.rollout?.bakedFrom = rollout.clock.value(at: now)
        return true
    }

    private mutating func finishBake(_ rollout: Rollout) -> Bool {
        let isPromoted = rollout.promoted >= rollout.wave
        let baked = rollout.clock.value(at: now)
        guard isPromoted || baked >= (rollout.bakedFrom ?? baked) + desired.policy.rollout.bake else { return false }
        if case .inconclusive(let reason) = desired.guards, !isPromoted {
            return pause(.inconclusive, "a guard could not be read: \(reason)")
        }
        guard rollout.wave < rollout.waveEnds.count - 1 else { return succeed(rollout) }
        if let closed = calendar.closedBecause(at: now) { return say(waitsForOpening(closed)) }
        desired.rollout?.wave += 1
        desired.rollout?.bakedFrom = nil
        desired.rollout?.provenAt = baked
        enter(.progressing, "wave \(rollout.wave + 2) of \(rollout.waveEnds.count)")
        // Whose turn has come is looked at again, and the next wave may stage.
        for position in slots.indices where (slots[position].host.target?.wave ?? -1) == rollout.wave + 1 {
            dirty.insert(position)
        }
        for site in tally.sites.indices where !tally.sites[site].stage.isEmpty { tally.stageSites.insert(site) }
        return true
    }

    private mutating func succeed(_ rollout: Rollout) -> Bool {
        let verified = tally.count(of: .verified)
        var notes: [String] = []
        if tally.count(of: .failed) > 0 { notes.append("\(tally.count(of: .failed)) failed") }
        if tally.count(of: .excused) > 0 {
            notes.append("\(tally.count(of: .excused)) were left out and follow when they can")
        }
        let note = notes.isEmpty ? "" : "; " + notes.joined(separator: ", ")
        desired.succeeded.removeAll { $0.digest == rollout.revision.digest }
        desired.succeeded.append(rollout.revision)
        succeeded = rollout.revision
        return end(.succeeded, "verified on \(verified) of \(rollout.size) hosts\(note)")
    }

    private mutating func finishAbort(_ rollout: Rollout) -> Bool {
        guard tally.returning == 0 else { return false }
        let stuck = slots.lazy.compactMap { slot -> String? in
            guard let target = slot.host.target, target.asked == .go || target.asked == .back else { return nil }
            let isDark = slot.host.unreachableSince != nil
            let isStuck = slot.host.report?.serving?.digest == rollout.revision.digest
            return isDark || isStuck ? slot.host.name : nil
        }
        let names = Array(stuck.prefix(6))
        let list = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and more" : "")
        let note = names.isEmpty ? "" : "; not back yet, they follow on return or say why they cannot: \(list)"
        return end(.aborted, rollout.reason + note)
    }

    // MARK: Words

    private mutating func end(_ state: Rollout.State, _ reason: String) -> Bool {
        desired.rollout?.end(state, because: reason, at: now)
        lookAtAll()
        return true
    }

    private mutating func enter(_ state: Rollout.State, _ reason: String) {
        desired.rollout?.enter(state, because: reason, at: now)
    }

    /// Says why it stands where it stands. Never a move.
    private mutating func say(_ reason: String) -> Bool {
        if desired.rollout?.reason != reason { desired.rollout?.reason = reason }
        return false
    }

    /// Where a wave under way stands: what holds it up, if something does.
    private func wavesWait(_ rollout: Rollout) -> String {
        let wave = "wave \(rollout.wave + 1) of \(rollout.waveEnds.count)"
        if let closed = calendar.closedBecause(at: now) { return "\(wave) waits: it is \(closed); \(opening)" }
        if isStarved(rollout) { return "\(wave) waits for others at its sites to have fetched" }
        let begun = tally.waves.prefix(rollout.wave + 1)
        let ending = begun.reduce(0) { $0 + $1.ending }
        // Whoever is ready would move if those did not hold the places.
        guard ending > 0, begun.allSatisfy({ $0.open == $0.ending + $0[.staged] }) else { return wave }
        return "\(wave) waits for \(ending == 1 ? "1 host" : "\(ending) hosts") to end what was begun there before"
    }

    private func waitsForOpening(_ closed: String) -> String {
        "the next wave waits: it is \(closed); \(opening)"
    }

    private var opening: String {
        calendar.nextOpening(after: now).map { "it opens at \($0 + calendar.toTimeOfDay)" } ?? "no opening is known"
    }
}
