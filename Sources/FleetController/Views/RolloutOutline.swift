import Fleet
import FleetPlanning

/// What can be said of a rollout from its header and its list: counts, waves, when it may end.
struct RolloutOutline {
    let rollout: Rollout
    /// The whole list.
    let targets: [RolloutTarget]

    /// Where the hosts of the list stand.
    var counts: RolloutCounts { RolloutCounts(targets) }

    /// The waves, the first one first.
    var waves: [RolloutWaveView] {
        var counts = [RolloutCounts](repeating: RolloutCounts(), count: rollout.waveEnds.count)
        for target in targets where counts.indices.contains(target.wave) { counts[target.wave].add(target.standing) }
        return rollout.waveEnds.indices.map { wave in
            RolloutWaveView(number: wave, state: state(of: wave), size: size(of: wave), counts: counts[wave])
        }
    }

    /// The hosts to show: all of a short list, else those that are moving or need attention.
    func shown(all: Bool) -> [RolloutTarget] {
        guard !all, targets.count > RolloutView.wholeList else { return targets }
        return targets.filter { target in
            let standing = target.standing
            return standing == .moving || standing.needsAttention
        }
    }

    private func size(of wave: Int) -> Int {
        rollout.waveEnds[wave] - (wave == 0 ? 0 : rollout.waveEnds[wave - 1])
    }

    private func state(of wave: Int) -> RolloutWaveView.State {
        if rollout.state == .succeeded || wave < rollout.wave { return .done }
        guard wave == rollout.wave else { return .waiting }
        let stage = rollout.pause?.from ?? rollout.state
        switch stage {
        case .baking: return .baking
        case .preflight: return .waiting
        case .progressing, .paused, .aborting: return .underWay
        case .succeeded, .aborted, .superseded, .cancelled: return .done
        }
    }

    // MARK: When it may end

    /// When the rollout may end if nothing fails, by the pace of the newest wave that is done; and what that rests on.
    func expectation(
        at now: Instant,
        policy: RolloutPolicy,
        calendar: OpenTimes
    ) -> (end: Instant?, words: String)? {
        switch rollout.state {
        case .succeeded, .aborted, .superseded, .cancelled: return nil
        case .aborting: return (nil, "no estimate while it is going back")
        case .paused: return (nil, "no estimate while it is paused")
        case .preflight, .progressing, .baking: break
        }
        let atOnce = max(policy.maxInFlight.hosts(of: rollout.size), 1)
        guard let pace = pace(bake: policy.bake, atOnce: atOnce) else {
            return (nil, "no estimate before a wave is done")
        }
        let elapsed = rollout.clock.value(at: now)
        var left = Int64(0)
        for wave in rollout.wave..<rollout.waveEnds.count {
            let open = targets.count { $0.wave == wave && $0.standing.isOpen }
            left += Int64((open + atOnce - 1) / atOnce) * pace.round.milliseconds + policy.bake.milliseconds
        }
        if let bakedFrom = rollout.bakedFrom { left -= elapsed.milliseconds - bakedFrom.milliseconds }
        let words = "at the pace of wave \(pace.wave + 1), if nothing fails or waits"
        guard let end = Self.end(of: Span(milliseconds: max(left, 0)), from: now, in: calendar) else {
            return (nil, "no estimate: its windows are not known that far ahead")
        }
        return (end, words)
    }

    /// How long a round of `atOnce` hosts took in the newest wave that is done, by the rollout's own clock.
    private func pace(bake: Span, atOnce: Int) -> (wave: Int, round: Span)? {
        let done = rollout.state == .baking ? rollout.wave : rollout.wave - 1
        guard done >= 0 else { return nil }
        var ends = [Span](repeating: .seconds(0), count: done + 1)
        var hosts = [Int](repeating: 0, count: done + 1)
        for target in targets where target.wave <= done && target.standing == .verified {
            ends[target.wave] = max(ends[target.wave], target.sinceActive)
            hosts[target.wave] += 1
        }
        guard hosts[done] > 0 else { return nil }
        let began = done == 0 ? 0 : ends[done - 1].milliseconds + bake.milliseconds
        let rounds = Int64((hosts[done] + atOnce - 1) / atOnce)
        return (done, Span(milliseconds: max(ends[done].milliseconds - began, 1000) / rounds))
    }

    /// When so much open time has passed; `nil` when the calendar does not reach so far.
    static func end(of left: Span, from now: Instant, in calendar: OpenTimes) -> Instant? {
        var left = left.milliseconds
        var at = now
        while true {
            guard let opening = calendar.nextOpening(after: at) else { return nil }
            guard let change = calendar.nextChange(after: opening) else {
                return opening + Span(milliseconds: left)
            }
            let open = (change - opening).milliseconds
            if left <= open { return opening + Span(milliseconds: left) }
            left -= open
            at = change
        }
    }
}

extension RolloutStanding {
    /// Whether a host that stands so is still to be moved.
    fileprivate var isOpen: Bool {
        switch self {
        case .waiting, .staging, .staged, .moving: true
        case .verified, .failed, .presumedFailed, .returning, .returned, .unreachable, .excluded, .ineligible, .skipped:
            false
        }
    }
}
