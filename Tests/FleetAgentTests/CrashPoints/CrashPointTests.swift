import Fleet
import FleetTestSupport
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
        #expect(bench.gaps(points) == [])
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
        #expect(points.count > 2)
    }

    /// The agent that repairs what a crash has left crashes as well.
    @Test(arguments: try CrashScenario.all()) func aCrashAfterACrashIn(_ scenario: CrashScenario) async throws {
        let seed = UInt64.random(in: 1 ... .max)
        var random = SeededGenerator(seed: seed)
        let bench = CrashBench(scenario: scenario)
        let points = try await bench.points().points
        for _ in 0..<6 {
            guard let first = points.randomElement(using: &random),
                let ending = CrashBench.Ending.all.randomElement(using: &random)
            else { break }
            let then = await bench.points(after: ending, at: first)
            for _ in 0..<4 {
                guard let second = then.randomElement(using: &random),
                    let last = CrashBench.Ending.all.randomElement(using: &random)
                else { break }
                let problems = await bench.problems(second, last) ?? []
                guard !problems.isEmpty else { continue }
                Issue.record(
                    "seed \(seed): before \(first.before), \(ending); then before \(second.before), \(last): \(problems)"
                )
                return
            }
        }
    }

    /// A call that the disk refuses ends nothing: what was asked is done later, or taken back.
    @Test(arguments: try CrashScenario.all()) func everyRefusalIn(_ scenario: CrashScenario) async throws {
        let bench = CrashBench(scenario: scenario)
        let host = SimulatedHost()
        try await bench.setUp(host)
        let world = host.world
        let probe = SimulatedHost(world)
        try await bench.transition(probe)
        for (call, name) in probe.calls.enumerated() {
            let number = name.hasPrefix("sync") ? EIO : ENOSPC
            let problems = try await bench.problems(world, refusing: .init(call: call, number: number))
            guard !problems.isEmpty else { continue }
            Issue.record("\(scenario.name), call \(call) (\(name)) refused with \(number): \(problems)")
            return
        }
        print("refusals: \(scenario.name): \(probe.calls.count) calls")
    }
}
