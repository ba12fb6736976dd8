import Fleet
import Logging
import SessionLifecycle
import Synchronization
import Testing

@testable import FleetController

@Suite struct LivenessSweepTests {
    private let start = Instant(milliseconds: 10_000_000)
    private let rule = LeaseRule(interval: .seconds(15))

    private func entry(in directory: HostDirectory) -> HostEntry {
        let host = FleetHost(id: "a", name: "h1", labels: [:], machine: "", instance: "i", enrolledAt: start)
        let entry = HostEntry(host: host, assignment: nil, report: nil, outbox: 0, lastHeard: start)
        directory.add(entry)
        return entry
    }

    private func sweep(_ directory: HostDirectory) -> LivenessSweep {
        LivenessSweep(directory: directory, rule: rule, startedAt: start, logger: Logger(label: "test"))
    }

    /// Turns once a second, as its owner does; returns the second at which a host was called down.
    private func secondOfVerdict(_ sweep: LivenessSweep, from first: Int64 = 1, limit: Int64 = 400) -> Int64? {
        (first...limit).first { !sweep.turn(now: start + .seconds($0)).isEmpty }
    }

    @Test func afterAStartNobodyIsCalledDownBeforeAPacedReconnectCouldHaveHappened() {
        let directory = HostDirectory()
        _ = entry(in: directory)
        #expect(secondOfVerdict(sweep(directory)) == 105)
    }

    @Test func afterAStallOfTheControllerTheAmnestyBeginsAnew() {
        let directory = HostDirectory()
        let host = entry(in: directory)
        let sweep = sweep(directory)
        for second in 1...100 { _ = sweep.turn(now: start + .seconds(Int64(second))) }
        #expect(host.unreachableSince == nil)
        #expect(secondOfVerdict(sweep, from: 130) == 235)
    }

    @Test func aLapsedHostIsCalledDownOnceAndReturnsWithALease() {
        let directory = HostDirectory()
        let host = entry(in: directory)
        let sweep = sweep(directory)
        #expect(secondOfVerdict(sweep) != nil)
        #expect(host.unreachableSince == start)
        #expect(sweep.turn(now: start + .seconds(500)).isEmpty)
        #expect(host.heard(at: start + .seconds(501)))
        #expect(host.unreachableSince == nil)
        #expect(!host.heard(at: start + .seconds(502)))
    }
}
