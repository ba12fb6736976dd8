import Fleet
import Testing

@testable import SessionLifecycle

@Suite struct HostSessionTests {
    private let start = Instant(milliseconds: 1_000_000)
    private func hello(instance: String = "i", oldest: UInt32 = 1, newest: UInt32 = 1) -> HostSession.Hello {
        .init(oldest: oldest, newest: newest, instance: instance, assignment: .init(epoch: 1, generation: 3))
    }

    @Test func aCloneAndAStrangerAreTurnedAway() throws {
        var clone = HostSession(now: start)
        #expect(try clone.helloReceived(hello(), enrolled: "other", now: start) == .wrongInstance)
        var stranger = HostSession(now: start)
        let outcome = try stranger.helloReceived(
            hello(oldest: 7, newest: 9),
            enrolled: "i",
            now: start
        )
        #expect(outcome == .incompatible)
        #expect(!stranger.isEstablished)
    }

    @Test func helloComesFirstAndOnce() throws {
        var session = HostSession(now: start)
        #expect(throws: HostSession.Violation.self) { try session.leaseReceived(number: 1, now: start) }
        #expect(throws: HostSession.Violation.self) { _ = try session.statusReceived(sequence: 1) }
        _ = try session.helloReceived(hello(), enrolled: "i", now: start)
        #expect(throws: HostSession.Violation.self) {
            _ = try session.helloReceived(hello(), enrolled: "i", now: start)
        }
    }

    @Test func olderStatusIsDropped() throws {
        var session = HostSession(now: start)
        _ = try session.helloReceived(hello(), enrolled: "i", now: start)
        #expect(try session.statusReceived(sequence: 5) == .store)
        #expect(try session.statusReceived(sequence: 5) == .drop)
        #expect(try session.statusReceived(sequence: 6) == .store)
    }

    @Test func aLeaseLivesThreeIntervals() {
        let rule = LeaseRule(interval: .seconds(15))
        #expect(!rule.isLapsed(lastLease: start, now: start + .seconds(44)))
        #expect(rule.isLapsed(lastLease: start, now: start + .seconds(45)))
        #expect(rule.amnesty(after: start) == start + .seconds(105))
    }
}
