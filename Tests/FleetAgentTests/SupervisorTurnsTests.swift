import Fleet
import Glibc
import Logging
import ReplicaLifecycle
import SessionLifecycle
import Testing

@testable import FleetAgent

/// What the supervising loop makes of words that come late.
@Suite struct SupervisorTurnsTests {
    private let plan: ReplicaPlan
    private let host = SimulatedHost()
    private let board = HostBoard(facts: ReplicaPlan.facts)

    init() throws {
        plan = try ReplicaPlan(.switched)
    }

    @Test(arguments: [false, true]) func anOlderStagingAnswersNoNewerOne(hasFailed: Bool) throws {
        var turns = try begun()
        let revision = plan.revision(1)
        let old = try #require(staging(turns.take(assigned(1, port: 8080))))
        let new = try #require(staging(turns.take(assigned(2, port: 9090))))
        // It was through before it heard that nobody wants it any more; port 9090 was never looked at.
        let late: ReplicaEvent =
            hasFailed
            ? .stagingFailed(revision.digest, .refused, cause: "port 8080 is taken", old)
            : .staged(revision.digest, .sideBySide, old)
        let effects = turns.take(.replica(deployment: ReplicaPlan.deployment, late))
        #expect(starts(effects).isEmpty)
        #expect(turns.journal.state.replicas[ReplicaPlan.deployment]?.settlement == nil)
        let current = ReplicaEvent.staged(revision.digest, .sideBySide, new)
        #expect(starts(turns.take(.replica(deployment: ReplicaPlan.deployment, current))) == [1])
        // Once is enough.
        #expect(starts(turns.take(.replica(deployment: ReplicaPlan.deployment, current))).isEmpty)
    }

    /// Only the reason changes, and nothing is done about it: whoever waits for a report hears it all the same.
    @Test func whatOnlyChangesTheReasonIsShown() async throws {
        var turns = try running()
        _ = turns.take(assigned(plan.item(2, .remove)))
        let changes = board.changes()
        let overdue = ReplicaEvent.stopOverdue(attempt: 1, cause: "process 7 does not end")
        #expect(turns.take(.replica(deployment: ReplicaPlan.deployment, overdue)).isEmpty)
        try #require(board.replica(ReplicaPlan.deployment)?.reason == "process 7 does not end")
        var heard = changes.makeAsyncIterator()
        try #require(await heard.next() != nil)
    }

    @Test func whatIsDoneHereIsAFactBeforeWhatFollowsFromIt() throws {
        var turns = try running()
        let known = turns.journal.state.outbox.count
        let pin = LocalPin(actor: "ada", reason: "a demo", since: Instant(milliseconds: 1))
        for order in [LocalOrder.pin(pin), .pin(pin), .unpin(actor: "bob"), .unpin(actor: "bob")] {
            let answered = AsyncStream.makeStream(of: String.self).continuation
            _ = turns.take(.ordered(order, deployment: ReplicaPlan.deployment, answered: answered))
        }
        let facts = turns.journal.state.outbox.dropFirst(known)
        // What is refused is none.
        let actions = [
            LocalAction(actor: "ada", verb: "pin", reason: "a demo"),
            LocalAction(actor: "ada", verb: "pin", reason: "a demo"),
            LocalAction(actor: "bob", verb: "unpin", reason: nil),
        ]
        #expect(facts.map(\.kind) == actions.map { .local($0) })
        #expect(facts.allSatisfy { $0.revision?.number == 1 && $0.item == 1 })
        let sent = [0, LinkProtocol.capabilities].map { bits in
            facts.filter { SessionConversation.isKnown($0, by: bits) }.count
        }
        #expect(sent == [0, 3])
    }

    @Test func timeWithoutASessionCountsFromWhenTheControllerWasLastHeard() throws {
        var turns = try running()
        let wait = AssignmentItem.Order.rollback(id: "r", turn: .wait)
        _ = turns.take(.sessionBegan)
        let named = plan.item(2, wait, 2, succeeded: [1, 2], held: [1])
        let staged = try #require(staging(turns.take(assigned(named))))
        let here = ReplicaEvent.staged(plan.revision(2).digest, .sideBySide, staged)
        #expect(wakes(turns.take(.replica(deployment: ReplicaPlan.deployment, here))).allSatisfy { $0 == nil })
        #expect(board.replica(ReplicaPlan.deployment)?.state == .staged)
        #expect(wakes(turns.take(.sessionLost(silence: .seconds(45)))) == [.seconds(15)])
        #expect(wakes(turns.take(.sessionBegan)) == [nil])
        #expect(wakes(turns.take(.sessionLost(silence: .seconds(50)))) == [.seconds(10)])
        host.with { $0.now += 10_000 }
        let effects = turns.take(.timer)
        let isChecked = effects.contains { if case .work(.check) = $0 { true } else { false } }
        #expect(isChecked, "it goes by itself")
        // What comes in a session has one.
        _ = turns.take(.sessionBegan)
        var other = plan.item(1, wait, 2, succeeded: [1, 2], held: [1])
        other.deployment = "uid-2"
        _ = turns.take(assigned(other))
        #expect(wakes(turns.take(.sessionLost(silence: .seconds(0)))).allSatisfy { $0 == nil }, "it serves nothing")
    }

    /// The newest order waits for a disk that does not take it, and an older one comes late.
    @Test func anOlderOrderIsNoNewerThanOneThatWaitsForTheDisk() throws {
        var turns = try running()
        host.refuse(.init(call: host.calls.count, number: EIO))
        _ = turns.take(assigned(plan.item(3, .stage, 2)))
        #expect(turns.journal.state.assignment.generation == 1)
        _ = turns.take(assigned(plan.item(2, .remove)))
        host.refuse(nil)
        _ = turns.take(.timer)
        #expect(turns.journal.state.assignment.generation == 3)
        #expect(turns.journal.state.replicas[ReplicaPlan.deployment]?.item?.number == 3)
    }

    /// The first revision serves and is verified.
    private func running() throws -> SupervisorTurns {
        var turns = try begun()
        let first = try #require(staging(turns.take(assigned(1, port: 8080))))
        let events: [ReplicaEvent] = [
            .staged(plan.revision(1).digest, .sideBySide, first),
            .started(attempt: 1, .init(pid: 7, ports: [:], startedAt: Instant(milliseconds: 0), restarts: 0)),
            .ready(attempt: 1), .probePassed(attempt: 1), .switched(attempt: 1),
        ]
        for event in events { _ = turns.take(.replica(deployment: ReplicaPlan.deployment, event)) }
        host.with { $0.now += ReplicaPlan.stableFor.milliseconds }
        _ = turns.take(.timer)
        try #require(board.replica(ReplicaPlan.deployment)?.state == .verified)
        return turns
    }

    private func begun() throws -> SupervisorTurns {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let files = try AgentFiles(directory: SimulatedAgent.files)
        try files.prepare(on: host)
        var turns = SupervisorTurns(
            board: board,
            journal: try Journal(path: files.journal, disk: host),
            means: plan.means,
            time: host.time,
            logger: logger
        )
        _ = turns.begin(found: [])
        return turns
    }

    private func assigned(_ number: UInt64, port: UInt16) -> SupervisorEvent {
        var item = plan.item(number, .converge, 1)
        item.endpoint = Endpoint(port: port, to: "p")
        return assigned(item)
    }

    private func assigned(_ item: AssignmentItem) -> SupervisorEvent {
        let version = AssignmentVersion(epoch: 1, generation: item.number)
        return .assigned(
            Assignment(version: version, items: [item]),
            journalled: AsyncStream.makeStream(of: Never.self).continuation
        )
    }

    private func staging(_ effects: [SupervisorEffect]) -> Cancellation? {
        for case .work(.stage(_, _, _, _, let staging)) in effects { return staging }
        return nil
    }

    private func wakes(_ effects: [SupervisorEffect]) -> [Span?] {
        effects.compactMap { if case .wake(let span) = $0 { .some(span) } else { nil } }
    }

    private func starts(_ effects: [SupervisorEffect]) -> [UInt64] {
        effects.compactMap { if case .work(.start(let ticket, _, _)) = $0 { ticket.revision.number } else { nil } }
    }
}
