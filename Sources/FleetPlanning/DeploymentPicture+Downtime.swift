package import Fleet

extension DeploymentPicture {
    /// Lets the rollout's clock leave out the time in which no controller ran: it counts only while Muster could act. It goes
    /// on from the newest moment that a controller has noted.
    ///
    /// - Parameters:
    ///   - startedAt: when the present controller started.
    ///   - now: the time; a clock that runs since later is that of an older controller, whose time of day was ahead.
    /// - Returns: whether the clock has changed; then it is to be stored before anything else of the rollout.
    package mutating func leaveOutDowntime(before startedAt: Instant, at now: Instant) -> Bool {
        guard var rollout, !rollout.state.isTerminal, let since = rollout.clock.runningSince,
            since < startedAt || since > now
        else { return false }
        var noted = max(rollout.clock.counted, rollout.provenAt, rollout.bakedFrom ?? .seconds(0))
        for host in hosts { noted = max(noted, host.target?.sinceActive ?? .seconds(0)) }
        rollout.clock = ActiveClock(counted: noted, runningSince: startedAt)
        self.rollout = rollout
        return true
    }
}
