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

    /// The real store, with the controller's own steps over it, against a value: what happens is the same to the letter.
    @Test(arguments: [3, 7, 8, 10, 26] as [UInt64])
    func bothStoresTellOneHistory(seed: UInt64) {
        var scenario = SimulationScenario(seed: seed)
        scenario.hosts = min(scenario.hosts, 6)
        scenario.busy = .seconds(3600 * 2)
        scenario.rates[.restore] = 0.5
        scenario.rates[.controllerCrashAtCommit] = 0.02
        scenario.usesDatabase = false
        let value = SimulationReport(scenario, isTracing: true)
        scenario.usesDatabase = true
        let database = SimulationReport(scenario, isTracing: true)
        #expect(
            value.failure == nil && database.failure == nil,
            "\(String(describing: value.failure ?? database.failure))"
        )
        #expect(value.decisions == database.decisions)
        #expect(value.reached == database.reached)
        let apart = zip(value.trace, database.trace).first { $0 != $1 }
        #expect(value.fingerprint == database.fingerprint, "\(String(describing: apart))")
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
