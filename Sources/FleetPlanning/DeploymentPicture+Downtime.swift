package import Fleet

extension DeploymentPicture {
    /// Lets the rollout's clock leave out the time in which no controller ran: it counts only while Muster could act. It goes
    /// on from the newest moment that a controller has noted.
    ///
    /// - Parameter startedAt: when the present controller started.
    /// - Returns: whether the clock has changed; then it is to be stored before anything else of the rollout.
    package mutating func leaveOutDowntime(before startedAt: Instant) -> Bool {
        guard var rollout, !rollout.state.isTerminal, let since = rollout.clock.runningSince, since < startedAt else {
            return false
        }
        var noted = max(rollout.clock.counted, rollout.provenAt, rollout.bakedFrom ?? .seconds(0))
        for host in hosts { noted = max(noted, host.target?.sinceActive ?? .seconds(0)) }
        rollout.clock = ActiveClock(counted: noted, runningSince: startedAt)
        self.rollout = rollout
        return true
    }
}
