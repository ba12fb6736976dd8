import Fleet
import SessionLifecycle
import Testing

@testable import FleetController

@Suite struct AssignmentTurnsTests {
    @Test func onlyAnAgentThatKnowsTurnsIsToldToWait() {
        let orders: [AssignmentItem.Order] = [
            .converge, .rollback(id: "r", turn: .wait), .stage, .rollback(id: "s"), .remove,
        ]
        let items = orders.enumerated().map { index, order in
            AssignmentItem(
                deployment: "\(index)",
                name: "wine",
                number: 1,
                order: order,
                revision: nil,
                stableFor: .seconds(1),
                rollbackStableFor: .seconds(1)
            )
        }
        let assignment = Assignment(version: AssignmentVersion(epoch: 1, generation: 1), items: items)
        #expect(assignment.told(to: LinkProtocol.capabilities) == assignment)
        var old = assignment
        old.items[1].order = .rollback(id: "r", turn: .go)
        #expect(assignment.told(to: LinkProtocol.capabilities & ~LinkProtocol.rollbackTurns) == old)
    }
}
