import Fleet

/// What came of a history.
package struct SimulationReport: Sendable {
    /// What it was made of.
    package var scenario: SimulationScenario
    /// What broke, if anything did.
    package var failure: SimulationFailure?
    /// Events that the planner or a replica's machine took.
    package var decisions: Int
    /// Faults that were injected.
    package var faults: Int
    /// Simulated time, times hosts, in hours.
    package var hostHours: Double
    /// The last things that happened, where they were kept.
    package var trace: [String]
    /// A number that stands for all of the trace; meaningless where none was kept.
    package var fingerprint: UInt64
    /// What was reached, by name: a run in which nothing ever happened proves nothing.
    package var reached: [String: Int]

    /// Lets a history happen.
    package init(_ scenario: SimulationScenario, isTracing: Bool = false) {
        let world = SimulationWorld(scenario, isTracing: isTracing)
        world.run()
        self.scenario = scenario
        failure = world.failure
        decisions = world.decisions
        faults = world.faults
        hostHours = Double((world.now - world.began).milliseconds) / 3_600_000 * Double(scenario.hosts)
        trace = world.trace
        fingerprint = world.fingerprint
        reached = world.monitor.reached
    }

    /// The shortest history found that breaks the same rule: without faults, people and hosts that it does not need.
    package func shrunk(tries: Int = 150) -> SimulationReport {
        guard let failure else { return self }
        var best = self
        var left = tries
        func attempt(_ change: (inout SimulationScenario) -> Void) -> Bool {
            guard left > 0 else { return false }
            left -= 1
            var scenario = best.scenario
            change(&scenario)
            let report = SimulationReport(scenario)
            guard report.failure?.rule == failure.rule else { return false }
            best = report
            return true
        }
        for fault in SimulationFault.allCases where best.scenario.rates[fault] != nil {
            _ = attempt { $0.rates[fault] = nil }
        }
        while best.scenario.deployments > 1, attempt({ $0.deployments -= 1 }) {}
        for commands in [0, 1, 2, 3, 5, 8, 13, 21] where commands < best.scenario.commands {
            if attempt({ $0.commands = commands }) { break }
        }
        for hosts in [1, 2, 3, 4, 6, 9, 14] where hosts < best.scenario.hosts {
            if attempt({ $0.hosts = hosts }) { break }
        }
        for hours in [1, 2, 4, 6] where best.scenario.busy > .seconds(3600 * Int64(hours)) {
            if attempt({ $0.busy = .seconds(3600 * Int64(hours)) }) { break }
        }
        for fault in SimulationFault.allCases where best.scenario.rates[fault] != nil {
            _ = attempt { $0.rates[fault] = nil }
        }
        return SimulationReport(best.scenario, isTracing: true)
    }
}
