import Fleet
import Glibc
import Testing

@testable import FleetAgent

/// Every write can be the last one: each transition is ended before every call that changes a file and before every thing
/// that is done, in each way that a disk may look afterwards; what the next agent makes of it must be as DESIGN §1 says.
@Suite struct CrashPointTests {
    @Test(arguments: try CrashScenario.all()) func everyPointOf(_ scenario: CrashScenario) async throws {
        let bench = CrashBench(scenario: scenario)
        let (points, after) = try await bench.points()
        #expect(await bench.problems(SimulatedHost(after)) == [])
        #expect(after.processes.values.first?.ticket.revision.number == scenario.end)
        var count = 0
        for (index, point) in points.enumerated() {
            for ending in CrashBench.Ending.all {
                guard let problems = await bench.problems(point, ending) else { continue }
                count += 1
                guard !problems.isEmpty else { continue }
                Issue.record("\(scenario.name), point \(index) before \(point.before), \(ending): \(problems)")
                return
            }
        }
        print("crash points: \(scenario.name): \(points.count) points, \(count) endings")
        #expect(points.count > 3)
    }
}
