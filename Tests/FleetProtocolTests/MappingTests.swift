import Fleet
import NIOCore
import Testing

@testable import FleetProtocol

@Suite struct MappingTests {
    private static let reference = RevisionReference(
        number: 3,
        digest: Digest(of: "r".utf8),
        written: Digest(of: "w".utf8)
    )

    private static var item: AssignmentItem {
        let runtime = RuntimeProfile(name: "r", command: ["x"], ports: ["http"], ready: .init(port: "http", path: "/"))
        let content = RevisionContent(
            model: .init(name: "m", version: "1", format: "f", bundle: Digest(of: "b".utf8)),
            runtime: runtime,
            environment: ["A": "b"],
            probe: GoldenProbe(port: "http", path: "/p", request: "{}", expect: "{}")
        )
        let hold = Hold(
            id: "h",
            deployment: "d",
            revision: reference,
            actor: "ada",
            reason: "wrong",
            since: Instant(milliseconds: 5),
            rollback: "r"
        )
        return AssignmentItem(
            deployment: "d",
            name: "wine",
            number: 7,
            revision: Revision(number: 3, content: content, written: Digest(of: "w".utf8)),
            endpoint: Endpoint(port: 8080, to: "http"),
            adoptsPort: true,
            stableFor: .seconds(3),
            rollbackStableFor: .seconds(2),
            onFailure: .stop,
            succeeded: [reference],
            holds: [hold]
        )
    }

    @Test(arguments: [
        AssignmentItem.Order.converge, .stage, .rollback(id: "x"), .rollback(id: "x", turn: .wait), .remove,
    ])
    func assignmentsReadBack(order: AssignmentItem.Order) throws {
        var item = Self.item
        item.order = order
        if order == .remove { item.revision = nil }
        let assignment = Assignment(version: AssignmentVersion(epoch: 2, generation: 9), items: [item])
        let wire = try WireAssignment(buffer: WireAssignment(assignment).buffer())
        #expect(try wire.assignment() == assignment)
    }

    @Test func anOrderOfANewerControllerIsRefusedAndTheOthersAreRead() throws {
        var other = Self.item
        other.deployment = "e"
        other.holds = []
        let version = AssignmentVersion(epoch: 2, generation: 9)
        var wire = WireAssignment(Assignment(version: version, items: [Self.item, other]))
        // Field 99 of an order that is not known yet.
        wire.items[0].order = nil
        var bytes = wire.items[0].buffer()
        bytes.writeBytes([0x9A, 0x06, 0x00])
        wire.items[0] = try WireAssignmentItem(buffer: bytes)
        let refused = RefusedItem(deployment: "d", name: "wine", number: 7, goal: Self.item.revision?.reference)
        #expect(
            try WireAssignment(buffer: wire.buffer()).assignment()
                == Assignment(version: version, items: [other], refused: [refused])
        )
    }

    @Test(arguments: ["../../etc/cron.d/x", "a/b", "", ".", "..", "a\u{0}b", "Wine", String(repeating: "a", count: 64)])
    func anItemWithoutARightNameIsRefusedAndTheOthersAreRead(name: String) throws {
        var other = Self.item
        other.deployment = "e"
        other.name = name
        other.holds = []
        let version = AssignmentVersion(epoch: 2, generation: 9)
        let wire = WireAssignment(Assignment(version: version, items: [Self.item, other]))
        let read = try WireAssignment(buffer: wire.buffer()).assignment()
        #expect(read.items == [Self.item])
        let refused = try #require(read.refused.first)
        #expect(refused.deployment == "e" && refused.name == "unnamed" && refused.goal == other.revision?.reference)
        #expect(refused.problem == NameRule.problem(withName: name))
    }

    @Test(arguments: [
        Receipt.done(serving: reference), .unaffected(serving: nil), .unaffected(serving: reference),
        .inProgress(.starting), .pinned, .noTarget(.keepServing), .noTarget(.stop),
        .failed(cause: "c", serving: reference),
    ])
    func receiptsReadBack(receipt: Receipt) throws {
        #expect(try WireReceipt(receipt).receipt() == receipt)
        let outcome = HostOutcome(
            sequence: 4,
            deployment: "d",
            item: 7,
            revision: Self.reference,
            kind: .rolledBack(id: "x", receipt: receipt),
            at: Instant(milliseconds: 6)
        )
        #expect(try WireOutcome(buffer: WireOutcome(outcome).buffer()).outcome() == outcome)
    }

    @Test(arguments: [
        HostOutcome.Kind.verified, .reverted(cause: "c"), .revertFailed(cause: "c"), .removed, .serving(nil),
        .serving(reference), .local(LocalAction(actor: "ada", verb: "pin", reason: "a demo")),
        .local(LocalAction(actor: "ada", verb: "unpin", reason: nil)),
    ])
    func outcomesReadBack(kind: HostOutcome.Kind) throws {
        let outcome = HostOutcome(
            sequence: 1,
            deployment: "d",
            item: 2,
            revision: nil,
            kind: kind,
            at: Instant(milliseconds: 3)
        )
        #expect(try WireOutcome(outcome).outcome() == outcome)
    }

    @Test(arguments: TargetState.allCases)
    func reportsReadBack(state: TargetState) throws {
        var report = HostReport(
            sequence: 8,
            assignment: AssignmentVersion(epoch: 1, generation: 2),
            facts: HostFacts(
                agentVersion: "0",
                user: "u",
                isRoot: true,
                address: "a",
                kernel: "k",
                processors: 2,
                memory: 3,
                boot: "b",
                endpointRefusal: state == .verified ? nil : "no nft",
                warnings: state == .verified ? nil : ["the policy cannot be used"]
            ),
            replicas: [
                ReplicaReport(
                    deployment: "d",
                    name: "wine",
                    item: 7,
                    goal: Self.reference,
                    state: state,
                    since: Instant(milliseconds: 4),
                    reason: "because",
                    serving: Self.reference,
                    endpoint: Endpoint(port: 8080, to: "http"),
                    previous: Self.reference,
                    good: [Self.reference],
                    provisional: Self.reference,
                    instance: .init(pid: 5, ports: ["http": 8080], startedAt: Instant(milliseconds: 6), restarts: 1),
                    holds: ["h"],
                    receipt: .noTarget(.keepServing),
                    pin: LocalPin(actor: "ada", reason: "r", since: Instant(milliseconds: 7)),
                    condemnedConnections: 0
                )
            ]
        )
        #expect(try WireStatus(buffer: WireStatus(report).buffer()).report() == report)
        for kind in ReplicaFailure.Kind.allCases {
            report.replicas[0].failure = ReplicaFailure(kind: kind, state: state)
            report.replicas[0].fetchedBytes = kind == .fetch ? 0 : 1 << 40
            report.replicas[0].startsAgain = kind == .fetch ? true : nil
            #expect(try WireStatus(buffer: WireStatus(report).buffer()).report() == report)
        }
        for readiness in RollbackReadiness.State.allCases {
            report.replicas[0].rollback = RollbackReadiness(
                readiness,
                revision: Self.reference,
                reason: "because",
                verifiedAt: Instant(milliseconds: 9)
            )
            #expect(try WireStatus(buffer: WireStatus(report).buffer()).report() == report)
        }
    }

    @Test func whatIsNotKnownIsRefusedByName() throws {
        var revision = WireRevision(try #require(Self.item.revision))
        revision.canonical.append(0x20)
        #expect(throws: ProtocolError(field: "r", problem: "has bytes that do not have its digest")) {
            try revision.revision("r")
        }
        #expect(throws: ProtocolError.self) { try WireReceipt().receipt() }
        #expect(throws: ProtocolError.self) { try WireOutcome().outcome() }
        #expect(throws: ProtocolError.self) { try WireAssignmentItem().item() }
        #expect(throws: ProtocolError.self) { try WireFromAgent(buffer: ByteBuffer(bytes: [0xFF, 0xFF, 0xFF])) }
    }

    @Test func aPeersWordsAndTimesAreBounded() throws {
        var replica = WireReplicaStatus()
        replica.deployment = "d"
        replica.state = .failed
        replica.reason = "a\u{0}b\n" + String(repeating: "x", count: 9000)
        replica.sinceMs = .min
        let mapped = try replica.replica()
        #expect(mapped.reason?.hasPrefix("a b x") == true)
        #expect(mapped.reason?.utf8.count == 4096)
        #expect(mapped.since == Instant(milliseconds: 0))
        #expect(mapped.failure == nil && mapped.fetchedBytes == nil)
        replica.fetchedBytes = -1
        replica.failure.kind = .UNRECOGNIZED(9)
        replica.failure.state = .staging
        #expect(try replica.replica().fetchedBytes == 0)
        #expect(try replica.replica().failure == nil, "an unknown kind of failure is kept out of every decision")
        replica.failure.kind = .fetch
        replica.failure.state = .UNRECOGNIZED(99)
        #expect(try replica.replica().failure == nil)
        replica.deployment = "\u{0}"
        #expect(throws: ProtocolError.self) { try replica.replica() }
        var outcome = WireOutcome()
        outcome.deployment = "\u{0}"
        outcome.verified = WireEmpty()
        #expect(throws: ProtocolError.self) { try outcome.outcome() }
        #expect((Instant(milliseconds: .max) - Instant(milliseconds: .min)).milliseconds == .max)
    }

    @Test func aLeaseIsAtMost64Bytes() {
        var message = WireFromAgent()
        message.lease.number = .max
        message.lease.progress = .max
        message.lease.statusSequence = .max
        #expect(message.buffer().readableBytes <= 64)
    }
}
