import Fleet
import Testing

@testable import SessionLifecycle

@Suite struct AgentSessionTests {
    private func welcomed() -> AgentSession {
        var session = AgentSession(statusSequence: 4)
        _ = session.welcomed(.init(version: 1, epoch: 1, leaseInterval: .seconds(15), outboxAcknowledged: 7))
        return session
    }

    @Test func welcomeSendsEverythingThatTheControllerLacks() {
        var session = AgentSession(statusSequence: 4)
        let actions = session.welcomed(.init(version: 1, epoch: 1, leaseInterval: .seconds(15), outboxAcknowledged: 7))
        #expect(
            actions == [
                .releaseOutbox(through: 7), .sendStatus(sequence: 5), .sendOutbox(after: 7), .sendLease(number: 1),
            ]
        )
    }

    @Test func changesWhileOneStatusIsUnacknowledgedBecomeOne() {
        var session = welcomed()
        #expect(session.statusChanged() == [])
        #expect(session.statusChanged() == [])
        #expect(
            session.acknowledged(.init(status: 5, outbox: 7, resync: false))
                == [.releaseOutbox(through: 7), .sendStatus(sequence: 6)]
        )
        #expect(session.acknowledged(.init(status: 6, outbox: 7, resync: false)) == [.releaseOutbox(through: 7)])
        #expect(session.statusChanged() == [.sendStatus(sequence: 7)])
    }

    @Test func resyncSendsTheStatusAgain() {
        var session = welcomed()
        #expect(
            session.acknowledged(.init(status: 0, outbox: 0, resync: true)).contains(.sendStatus(sequence: 6))
        )
    }

    @Test func outboxEntriesAreSentOnceInASession() {
        var session = welcomed()
        #expect(session.outboxGrew(through: 9) == [.sendOutbox(after: 7)])
        #expect(session.outboxGrew(through: 9) == [])
        #expect(session.outboxGrew(through: 10) == [.sendOutbox(after: 9)])
    }

    @Test func nothingHappensAfterGoodbye() {
        var session = welcomed()
        #expect(session.goodbyeReceived(reconnectAfter: .seconds(3)) == [.close(reconnectAfter: .seconds(3))])
        #expect(session.leaseDue() == [])
        #expect(session.statusChanged() == [])
        #expect(session.acknowledged(.init(status: 9, outbox: 9, resync: true)) == [])
    }

    @Test func aVersionThatNobodySpeaksClosesTheSession() {
        var session = AgentSession(statusSequence: 0)
        let actions = session.welcomed(.init(version: 9, epoch: 1, leaseInterval: .seconds(1), outboxAcknowledged: 0))
        #expect(actions == [.close(reconnectAfter: nil)])
    }

    @Test(arguments: [0.0, 0.25, 0.5, 0.999])
    func backoffStaysWithinItsBounds(random: Double) {
        var backoff = ReconnectBackoff()
        for _ in 0..<50 {
            let wait = backoff.attemptFailed(random: random)
            #expect(wait >= ReconnectBackoff.base && wait <= ReconnectBackoff.cap)
        }
        if random > 0.9 { #expect(backoff.attemptFailed(random: random) == ReconnectBackoff.cap) }
        backoff.sessionEnded(after: .seconds(30))
        #expect(backoff.attemptFailed(random: 0.999) <= .seconds(3))
    }
}
