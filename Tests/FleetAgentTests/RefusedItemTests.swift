import Fleet
import Testing

@testable import FleetAgent

/// Orders of a newer controller, which this agent does not know.
@Suite(.timeLimit(.minutes(1))) struct RefusedItemTests {
    @Test func itIsRefusedInWordsAndTheOthersAreCarriedOut() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            let second = try fixture.revision(2, answer: 20)
            let unknown = RefusedItem(deployment: "uid-2", name: "beer", number: 5, goal: second.reference)
            try await fixture.agent { agent in
                let version = AssignmentVersion(epoch: 1, generation: 1)
                let item = fixture.item(1, .converge, first)
                try await agent.take(Assignment(version: version, items: [item], refused: [unknown]))
                _ = try await agent.until { $0.state == .verified }
                let refused = try await agent.until("uid-2") { $0.state == .revertFailed }
                #expect(refused.item == 5 && refused.name == "beer" && refused.goal == second.reference)
                #expect(refused.failure == ReplicaFailure(kind: .refused, state: .pending))
                #expect(refused.reason == unknown.reason)
                #expect(unknown.reason.hasSuffix("nothing was changed: install a newer muster-agent on this host"))
                #expect(await agent.newestAssignment() == .none, "a newer agent is to get it again")
            }
        }
    }

    @Test func aWrongNameIsSaidInWords() {
        let item = RefusedItem(deployment: "d", name: "unnamed", number: 1, goal: nil, problem: "is empty")
        let reason = item.report(over: nil, since: Instant(milliseconds: 1)).reason
        #expect(
            reason?.hasPrefix("the controller orders something for a deployment whose name is empty; nothing") == true
        )
    }

    @Test(arguments: TargetState.allCases) func whatIsUnderWaySpeaksForItself(state: TargetState) {
        let item = RefusedItem(deployment: "uid-1", name: "wine", number: 2, goal: nil)
        let known = ReplicaReport(
            deployment: "uid-1",
            name: "wine",
            item: 1,
            goal: nil,
            state: state,
            since: Instant(milliseconds: 1)
        )
        let report = item.report(over: known, since: Instant(milliseconds: 5))
        if state.isTerminal || state == .pending {
            #expect(report.item == 2 && report.reason == item.reason && report.since == Instant(milliseconds: 5))
        } else {
            #expect(report == known)
        }
    }

    @Test func whatServesGoesOnUnderIt() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            let unknown = RefusedItem(deployment: "uid-1", name: "wine", number: 2, goal: nil)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                let served = try await agent.until { $0.state == .verified }
                let version = AssignmentVersion(epoch: 1, generation: 2)
                try await agent.take(Assignment(version: version, items: [], refused: [unknown]))
                let refused = try await agent.until { $0.item == 2 }
                #expect(refused.state == .reverted && refused.serving == first.reference)
                #expect(refused.instance == served.instance && refused.reason == unknown.reason)
                // It is taken back.
                try await agent.give(fixture.item(3, .converge, first))
                let back = try await agent.until { $0.item == 3 }
                #expect(back.state == .verified && back.failure == nil)
                #expect(await agent.newestAssignment().generation == 3)
            }
        }
    }
}
