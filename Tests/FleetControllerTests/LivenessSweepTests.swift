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
        LivenessSweep(
            directory: directory,
            rule: rule,
            startedAt: start,
            elapsed: .seconds(0),
            logger: Logger(label: "test")
        )
    }

    /// Turns once a second, as its owner does; returns the second at which a host was called down.
    private func secondOfVerdict(_ sweep: LivenessSweep, from first: Int64 = 1, limit: Int64 = 400) -> Int64? {
        (first...limit).first { !sweep.turn(now: start + .seconds($0), elapsed: .seconds($0)).isEmpty }
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
        for second in 1...100 { _ = sweep.turn(now: start + .seconds(Int64(second)), elapsed: .seconds(Int64(second))) }
        #expect(host.unreachableSince == nil)
        #expect(secondOfVerdict(sweep, from: 130) == 235)
    }

    @Test func aStepOfTheClockIsNoStallOfTheHosts() {
        let directory = HostDirectory()
        let names = (1...20).map { "h\($0)" }
        for name in names {
            let host = FleetHost(id: name, name: name, labels: [:], machine: "", instance: "i", enrolledAt: start)
            let heard = start + .seconds(199)
            directory.add(HostEntry(host: host, assignment: nil, report: nil, outbox: 0, lastHeard: heard))
        }
        let sweep = sweep(directory)
        for second in 1...200 { _ = sweep.turn(now: start + .seconds(Int64(second)), elapsed: .seconds(Int64(second))) }
        // The wall clock jumps an hour: all leases look old at once, and nobody is called down before the amnesty ends.
        for second in 201...300 {
            let lapsed = sweep.turn(now: start + .seconds(3600 + Int64(second)), elapsed: .seconds(Int64(second)))
            #expect(lapsed.isEmpty, "second \(second)")
        }
        let late = sweep.turn(now: start + .seconds(3600 + 400), elapsed: .seconds(301))
        #expect(late.count == 20, "those that never returned are called down in the end")
    }

    @Test func aLapsedHostIsCalledDownOnceAndReturnsWithALease() {
        let directory = HostDirectory()
        let host = entry(in: directory)
        let sweep = sweep(directory)
        #expect(secondOfVerdict(sweep) != nil)
        #expect(host.unreachableSince == start)
        #expect(sweep.turn(now: start + .seconds(500), elapsed: .seconds(401)).isEmpty)
        #expect(host.heard(at: start + .seconds(501)))
        #expect(host.unreachableSince == nil)
        #expect(!host.heard(at: start + .seconds(502)))
    }
}
