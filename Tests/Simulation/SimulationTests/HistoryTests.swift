import Fleet
import FleetSimulation
import Testing

/// A short run of the simulator; `Deploy/scripts/simulate` has the long ones.
@Suite struct HistoryTests {
    @Test func aSeedIsOneHistory() {
        let first = SimulationReport(SimulationScenario(seed: 7))
        let second = SimulationReport(SimulationScenario(seed: 7))
        #expect(first.decisions == second.decisions)
        #expect(first.faults == second.faults)
        #expect(first.reached == second.reached)
    }

    /// Small histories with every kind of fault: one that breaks a rule fails here.
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func noRuleBreaks(seed: UInt64) {
        var scenario = SimulationScenario(seed: seed)
        scenario.hosts = min(scenario.hosts, 8)
        scenario.busy = .seconds(3600 * 2)
        let report = SimulationReport(scenario)
        #expect(report.failure == nil, "\(report.failure?.description ?? ""): Deploy/scripts/simulate --seed \(seed)")
        #expect(report.decisions > 0)
    }
}
