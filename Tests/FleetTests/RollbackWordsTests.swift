import Fleet
import FoundationEssentials
import Testing

@Suite struct RollbackWordsTests {
    private static let reference = RevisionReference(
        number: 3,
        digest: Digest(of: "r".utf8),
        written: Digest(of: "w".utf8)
    )

    @Test(arguments: [
        (#"{"converge":{}}"#, AssignmentItem.Order.converge), (#"{"stage":{}}"#, .stage), (#"{"remove":{}}"#, .remove),
        (#"{"rollback":{"id":"x"}}"#, .rollback(id: "x", turn: .go)),
        (#"{"rollback":{"id":"x","turn":"wait"}}"#, .rollback(id: "x", turn: .wait)),
    ])
    func ordersAreReadHoweverOldTheyAre(text: String, order: AssignmentItem.Order) throws {
        #expect(try JSONDecoder().decode(AssignmentItem.Order.self, from: Data(text.utf8)) == order)
        let again = try JSONEncoder().encode(order)
        #expect(try JSONDecoder().decode(AssignmentItem.Order.self, from: again) == order)
    }

    @Test(arguments: [#"{}"#, #"{"rollback":{}}"#, #"{"dance":{}}"#, #"{"rollback":{"id":"x","turn":"maybe"}}"#])
    func whatIsNoOrderIsRefused(text: String) {
        #expect(throws: DecodingError.self) {
            _ = try JSONDecoder().decode(AssignmentItem.Order.self, from: Data(text.utf8))
        }
    }

    @Test func aHoldHoldsEverywhereUnlessItNamesHosts() throws {
        var hold = Hold(
            id: "h",
            deployment: "d",
            revision: Self.reference,
            actor: "a",
            reason: "r",
            since: Instant(milliseconds: 0)
        )
        #expect(hold.applies(to: "b"))
        let old = try JSONEncoder().encode(hold)
        #expect(!String(decoding: old, as: UTF8.self).contains("hosts"))
        #expect(try JSONDecoder().decode(Hold.self, from: old) == hold)
        hold.hosts = ["b", "d", "f"]
        hold.rollback = "r"
        #expect(["a", "b", "c", "d", "e", "f", "g"].filter { hold.applies(to: $0) } == ["b", "d", "f"])
        hold.hosts = []
        #expect(!hold.applies(to: "b"))
        #expect(try JSONDecoder().decode(Hold.self, from: JSONEncoder().encode(hold)) == hold)
    }

    @Test(arguments: [
        (Receipt.done(serving: reference), true), (.unaffected(serving: nil), true), (.pinned, true),
        (.noTarget(.stop), true), (.failed(cause: "c", serving: nil), true), (.offline, false),
        (.inProgress(.staged), false),
    ])
    func aReceiptKnowsWhetherItIsTheLast(receipt: Receipt, isTerminal: Bool) {
        #expect(receipt.isTerminal == isTerminal)
    }

    @Test func rollbacksReadBack() throws {
        let rollback = Rollback(
            id: "abcdefghijkl",
            actor: "ada",
            reason: "wrong",
            at: Instant(milliseconds: 5),
            scope: .deployments(["wine"]),
            hosts: "site=lyon",
            to: .time(Instant(milliseconds: 4)),
            strategy: .rolling,
            onFailure: .stop,
            undone: .init(actor: "bo", at: Instant(milliseconds: 6), reason: nil)
        )
        #expect(try JSONDecoder().decode(Rollback.self, from: JSONEncoder().encode(rollback)) == rollback)
        let entry = RollbackEntry(
            rollback: rollback.id,
            deployment: "d",
            host: "h",
            name: "one",
            from: Self.reference,
            turn: .wait,
            since: Instant(milliseconds: 7),
            receipt: .inProgress(.pending),
            receiptAt: Instant(milliseconds: 7)
        )
        #expect(try JSONDecoder().decode(RollbackEntry.self, from: JSONEncoder().encode(entry)) == entry)
    }
}
