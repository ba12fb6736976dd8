package import Fleet

extension RolloutTarget {
    /// The host as people see it: one that is not moving yet, and whose wave waits for nothing but an opening, is deferred until
    /// then.
    ///
    /// It follows from the calendar alone, so the planner stores it nowhere: a list of many hosts is not written at each opening
    /// and closing of a window.
    package func deferred(by calendar: OpenTimes, in rollout: Rollout, at now: Instant) -> RolloutTarget {
        guard overlay == nil, failure == nil, wave <= rollout.wave, isBeforeItsMove,
            rollout.state == .preflight || rollout.state == .progressing, !calendar.isOpen(at: now)
        else { return self }
        var target = self
        target.overlay = .deferred(until: calendar.nextOpening(after: now))
        return target
    }

    private var isBeforeItsMove: Bool {
        switch asked {
        case .nothing, .stage: true
        case .go, .back: false
        }
    }
}
