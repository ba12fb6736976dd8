package import Fleet

extension DeploymentMachine {
    /// A person's command. What follows from it is in the next plan.
    ///
    /// - Throws: ``RolloutRefusal``; then nothing has changed.
    package mutating func perform(
        _ command: RolloutCommand,
        by actor: String,
        reason: String?,
        at now: Instant
    ) throws(RolloutRefusal) {
        self.now = now
        if isStructureOld { restructure() }
        lookAtDirty()
        guard !desired.isFrozen else {
            throw RolloutRefusal(
                why: "the controller was restored from a backup and is frozen: nothing moves",
                next: "muster-controller thaw, once the hosts have reported what they serve"
            )
        }
        if command == .retry { return try retry(by: actor) }
        guard let rollout = desired.rollout else {
            throw RolloutRefusal(
                why: "deployment '\(desired.name)' has no rollout",
                next: "muster apply -f … with content that is not rolled out yet"
            )
        }
        guard !rollout.state.isTerminal else {
            throw RolloutRefusal(
                why: "the rollout of revision \(rollout.revision.number) \(rollout.state.past): \(rollout.reason)",
                next: "muster rollout status \(desired.name)"
            )
        }
        guard rollout.state != .aborting else {
            throw RolloutRefusal(
                why: "the rollout of revision \(rollout.revision.number) is being aborted: \(rollout.reason)",
                next: "wait until every host is back: muster rollout status \(desired.name) -w"
            )
        }
        let words = reason ?? "no reason given"
        switch command {
        case .pause: try pause(rollout, by: actor, words)
        case .resume: try resume(rollout, by: actor)
        case .promote(let full): try promote(rollout, full: full)
        case .abort:
            desired.rollout?.clock.set(running: false, at: now)
            _ = abort("\(actor) aborted it: \(words)")
        case .cancel:
            desired.rollout?.end(.cancelled, because: "\(actor) cancelled it: \(words)", at: now)
            lookAtAll()
        case .skip(let host): try skip(host, rollout, by: actor, words)
        case .retry: break
        }
    }

    private mutating func pause(_ rollout: Rollout, by actor: String, _ reason: String) throws(RolloutRefusal) {
        if let pause = rollout.pause, pause.cause == .person {
            throw RolloutRefusal(
                why: "it is paused already, by \(pause.actor ?? "somebody") since \(pause.since): \(pause.reason)",
                next: "muster rollout resume \(desired.name)"
            )
        }
        let from = rollout.pause?.from ?? rollout.state
        desired.rollout?.clock.set(running: false, at: now)
        _ = pause(.person, reason, by: actor)
        desired.rollout?.pause?.from = from
    }

    private mutating func resume(_ rollout: Rollout, by actor: String) throws(RolloutRefusal) {
        guard let pause = rollout.pause else {
            throw RolloutRefusal(why: "it is not paused", next: "muster rollout status \(desired.name)")
        }
        desired.rollout?.enter(pause.from, because: "\(actor) resumed it", at: now)
        desired.rollout?.acceptedExclusions = tally.excluded
        desired.rollout?.provenAt = rollout.clock.value(at: now)
        lookAtAll()
    }

    private mutating func promote(_ rollout: Rollout, full: Bool) throws(RolloutRefusal) {
        guard rollout.pause == nil else {
            throw RolloutRefusal(
                why: "it is paused: \(rollout.reason)",
                next: "muster rollout resume \(desired.name)"
            )
        }
        let last = rollout.waveEnds.count - 1
        guard rollout.state != .preflight else {
            throw RolloutRefusal(
                why: "its first wave has not begun: \(rollout.reason)",
                next: "muster rollout status \(desired.name)"
            )
        }
        guard rollout.wave < last || rollout.state == .baking else {
            throw RolloutRefusal(
                why: "its last wave is under way, and only its hosts can finish it",
                next: "muster rollout skip \(desired.name) HOST --reason … leaves one out"
            )
        }
        desired.rollout?.promoted = full ? last : rollout.wave
    }

    private mutating func skip(
        _ name: String,
        _ rollout: Rollout,
        by actor: String,
        _ reason: String
    ) throws(RolloutRefusal) {
        let position = slots.firstIndex { $0.host.name == name && $0.host.target != nil }
        guard let position, let target = slots[position].host.target else {
            let nearest = NearestName.of(name, among: slots.filter { $0.host.target != nil }.map(\.host.name))
            throw RolloutRefusal(
                why: "host '\(name)' is not in the list of this rollout",
                next: nearest.map { "did you mean '\($0)'?" } ?? "muster rollout status \(desired.name) --all"
            )
        }
        guard target.state != .verified else {
            throw RolloutRefusal(
                why: "host '\(name)' is verified already",
                next: "muster rollout abort \(desired.name) --reason … takes every host back"
            )
        }
        slots[position].host.target?.overlay = .skipped(reason: "\(actor) said so: \(reason)")
        slots[position].host.target?.failure = nil
        changedTargets.insert(position)
        dirty.insert(position)
    }

    private mutating func retry(by actor: String) throws(RolloutRefusal) {
        if let rollout = desired.rollout, !rollout.state.isTerminal {
            throw RolloutRefusal(
                why: "a rollout of revision \(rollout.revision.number) \(rollout.state.past)",
                next: "muster rollout abort \(desired.name) --reason … first, or wait for its end"
            )
        }
        if let hold = desired.condemned(desired.written.reference) {
            throw RolloutRefusal(
                why: "revision \(desired.written.number) is held by \(hold.actor): \(hold.reason)",
                next: "muster hold lift \(hold.id) --reason …"
            )
        }
        let isWanted = desired.written.digest == desired.wanted?.digest
        let written = desired.written.reference
        guard !isWanted || slots.contains(where: { hasFailed($0.host, written) || isLeft($0.host, written) }) else {
            throw RolloutRefusal(
                why: "revision \(desired.written.number) is rolled out already",
                next: "muster rollout history \(desired.name)"
            )
        }
        guard !desired.isRemoving else {
            throw RolloutRefusal(why: "deployment '\(desired.name)' is being deleted", next: "wait for its end")
        }
        desired.freshRequest = actor
        isRetried = isWanted
    }
}
