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
}
