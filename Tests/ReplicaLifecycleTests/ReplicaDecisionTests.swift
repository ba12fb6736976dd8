import Fleet
import ReplicaLifecycle
import Testing

/// What the agent does first after a start: one decision for everything that the journal may say, and everything that may
/// be found running.
@Suite struct ReplicaDecisionTests {
    private static let one = ReplicaBench.revision(1)
    private static let two = ReplicaBench.revision(2)

    private static func record(_ change: (inout ReplicaRecord) -> Void) -> ReplicaRecord {
        var record = ReplicaRecord(deployment: "d-1")
        record.revisions = [one, two]
        record.attempt = 5
        change(&record)
        return record
    }

    /// Revision 1 stands, and is good.
    private static func standing(_ change: (inout ReplicaRecord) -> Void = { _ in }) -> ReplicaRecord {
        record { record in
            record.item = ReplicaBench().item(2, .converge, 1, succeeded: [1])
            record.settlement = Settlement(item: 2, goal: one.reference, state: .verified)
            record.standing = one.reference
            record.standingAttempt = 4
            record.serving = one.reference
            record.good = [one.reference]
            record.endpoint = record.item?.endpoint
            change(&record)
        }
    }

    private static func passage(
        _ revision: Revision,
        _ purpose: Passage.Purpose,
        _ item: AssignmentItem,
        standing: Revision,
        _ change: (inout ReplicaRecord) -> Void = { _ in }
    ) -> ReplicaRecord {
        Self.standing { record in
            record.item = item
            record.standing = standing.reference
            record.standingAttempt = standing == one ? 4 : 5
            record.serving = nil
            record.previous = standing.reference
            record.holds = item.holds
            if standing == two { record.good = [one.reference, two.reference] }
            record.passage = Passage(goal: revision.reference, endpoint: item.endpoint, purpose: purpose)
            change(&record)
        }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var record: ReplicaRecord
        /// What is done when nothing runs, when revision 1 runs, and when revision 2 runs.
        var nothing: String
        var one: String
        var two: String

        init(_ name: String, _ record: ReplicaRecord, nothing: String, one: String, two: String) {
            testDescription = name
            self.record = record
            self.nothing = nothing
            self.one = one
            self.two = two
        }
    }

    static let rows: [Row] = {
        let bench = ReplicaBench()
        let update = bench.item(3, .converge, 2, succeeded: [1])
        let abort = bench.item(4, .converge, 1, succeeded: [1, 2])
        let rollback = bench.item(5, .rollback(id: "r"), nil, succeeded: [1, 2], held: [2])
        let condemned = bench.item(5, .rollback(id: "r"), nil, succeeded: [1], held: [1])
        return [
            Row("nothing is known", ReplicaRecord(deployment: "d-1"), nothing: "", one: "watch", two: "watch"),
            Row("1 stands", standing(), nothing: "start 1", one: "adopt 1", two: "stop 2"),
            Row(
                "2 is being staged",
                standing { $0.item = update },
                nothing: "start 1, stage 2",
                one: "adopt 1, stage 2",
                two: "stop 2, stage 2"
            ),
            Row(
                "2 is staged by order",
                standing { $0.item = bench.item(3, .stage, 2, succeeded: [1]) },
                nothing: "start 1, stage 2",
                one: "adopt 1, stage 2",
                two: "stop 2, stage 2"
            ),
            Row(
                "candidate 2 is on its way, and 1 is to be staged then",
                passage(two, .candidate, update, standing: one) { $0.next = bench.item(4, .stage, 1, succeeded: [1]) },
                nothing: "start 1",
                one: "adopt 1",
                two: "stop 2"
            ),
            Row(
                "candidate 2 is on its way",
                passage(two, .candidate, update, standing: one),
                nothing: "start 1",
                one: "adopt 1",
                two: "stop 2"
            ),
            Row(
                "1 is on its way back",
                passage(one, .comeback, abort, standing: two),
                nothing: "start 1",
                one: "adopt 1",
                two: "adopt 2, stop 2"
            ),
            Row(
                "a rollback to 1 is on its way",
                passage(one, .rollback(id: "r"), rollback, standing: two),
                nothing: "start 1",
                one: "adopt 1",
                two: "adopt 2, stop 2"
            ),
            Row(
                "1 stands and is condemned",
                standing { record in
                    record.item = condemned
                    record.holds = condemned.holds
                },
                nothing: "start 1",
                one: "adopt 1",
                two: "stop 2"
            ),
            Row(
                "1 is condemned and kept",
                standing { record in
                    record.item = condemned
                    record.holds = condemned.holds
                    record.settlement = Settlement(
                        item: 5,
                        goal: nil,
                        state: .revertFailed,
                        receipt: .noTarget(.keepServing)
                    )
                },
                nothing: "start 1",
                one: "adopt 1",
                two: "stop 2"
            ),
            Row(
                "1 is being removed",
                standing { $0.item = ReplicaBench().item(3, .remove) },
                nothing: "start 1, stop it",
                one: "adopt 1, stop 1",
                two: "stop 2"
            ),
            Row(
                "it is removed",
                record { record in
                    record.item = ReplicaBench().item(3, .remove)
                    record.settlement = Settlement(item: 3, goal: nil, state: .removed)
                },
                nothing: "",
                one: "stop 1",
                two: "stop 2"
            ),
        ]
    }()

    @Test(arguments: rows) func thereIsOneDecisionForEveryState(_ row: Row) {
        let found: [(String, [ReplicaProcess])] = [
            (row.nothing, []),
            (row.one, [process(Self.one, attempt: 4)]),
            (row.two, [process(Self.two, attempt: 5)]),
        ]
        for (expected, processes) in found {
            let now = Instant(milliseconds: 1_000_000)
            var machine = ReplicaStateMachine(record: row.record, means: .bound, at: now)
            let actions = machine.restarted(found: processes, pointed: nil, at: now)
            #expect(text(actions) == expected, "\(processes.map(\.revision.number)) runs")
            // The same words have the same meaning every time.
            var again = ReplicaStateMachine(record: row.record, means: .bound, at: now)
            #expect(again.restarted(found: processes, pointed: nil, at: now) == actions)
        }
    }

    private func process(_ revision: Revision, attempt: UInt64) -> ReplicaProcess {
        let instance = ReplicaReport.Instance(
            pid: 7,
            ports: ["http": 8080],
            startedAt: Instant(milliseconds: 1),
            restarts: 0
        )
        return ReplicaProcess(attempt: attempt, revision: revision.reference, instance: instance)
    }

    private func text(_ actions: [ReplicaAction]) -> String {
        actions.compactMap { action -> String? in
            switch action {
            case .start(_, let revision, _): "start \(revision.number)"
            case .adopt(_, let revision): "adopt \(revision.number)"
            case .stop(let attempt, _, _): attempt == 4 ? "stop 1" : attempt == 5 ? "stop 2" : "stop it"
            case .stage(let revision, _): "stage \(revision.number)"
            case .check(let revision, _): "check \(revision.number)"
            case .watch: "watch"
            case .journal, .outcome, .cancelStaging, .point, .probe, .hurry, .detach: nil
            }
        }.joined(separator: ", ")
    }
}
