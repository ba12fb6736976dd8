import Fleet
import FleetMetrics
import FleetProtocol
import NIOCore

/// Reads bytes as each message of the link and maps it, as whoever receives it does.
enum WireFuzz {
    static func check(_ bytes: ByteBuffer) {
        if let message = try? WireFromAgent(buffer: bytes) {
            precondition((try? WireFromAgent(buffer: message.buffer())) == message, "a message is not written back")
            switch message.body {
            case .status(let status): check(status)
            case .outbox(let outbox): for outcome in outbox.outcomes { check(outcome) }
            case .hello(let hello): _ = hello.assignment.version
            case .assignmentAck(let ack): _ = ack.version.version
            case .lease, nil: break
            }
        }
        if let message = try? WireFromController(buffer: bytes) {
            precondition(
                (try? WireFromController(buffer: message.buffer())) == message,
                "a message is not written back"
            )
            switch message.body {
            case .assignment(let assignment): check(assignment)
            case .request(let request): check(request)
            case .welcome, .ack, .goodbye, nil: break
            }
        }
        // Each by itself too: an input reaches it with fewer bytes.
        if let status = try? WireStatus(buffer: bytes) { check(status) }
        if let outcome = try? WireOutcome(buffer: bytes) { check(outcome) }
        if let assignment = try? WireAssignment(buffer: bytes) { check(assignment) }
        if let request = try? WireRequest(buffer: bytes) { check(request) }
        if let batch = try? WireTelemetryBatch(buffer: bytes) { check(batch) }
        if let chunk = try? WireAnswerChunk(buffer: bytes), let refusal = chunk.refusal { check(words: refusal) }
        _ = try? WireEnrollRequest(buffer: bytes)
        _ = try? WireRenewRequest(buffer: bytes)
    }

    private static func check(_ wire: WireStatus) {
        guard let report = try? wire.report() else { return }
        precondition((try? WireStatus(report).report()) == report, "a report is not written back")
        for replica in report.replicas {
            check(words: replica.deployment + replica.name + (replica.reason ?? ""))
        }
        check(words: report.facts.address + report.facts.kernel)
    }

    private static func check(_ wire: WireOutcome) {
        guard let outcome = try? wire.outcome() else { return }
        precondition((try? WireOutcome(outcome).outcome()) == outcome, "a fact is not written back")
    }

    private static func check(_ wire: WireAssignment) {
        guard var assignment = try? wire.assignment() else { return }
        precondition(assignment.items.count <= FleetLimits.replicasPerHost, "a bound does not hold")
        for item in assignment.items {
            precondition(NameRule.problem(withName: item.name) == nil, "an item's name is none")
            for revision in [item.revision].compactMap({ $0 }) {
                precondition(Digest(of: revision.bytes) == revision.digest, "a revision does not have its digest")
            }
        }
        // What was refused is not written.
        assignment.refused = []
        precondition((try? WireAssignment(assignment).assignment()) == assignment, "an assignment is not written back")
    }

    private static func check(_ wire: WireRequest) {
        guard let (id, request) = try? wire.request() else { return }
        guard let again = try? WireRequest(id: id, request).request() else { preconditionFailure("a request is lost") }
        precondition(again.id == id && again.request == request, "a request is not written back")
    }

    private static func check(_ wire: WireTelemetryBatch) {
        guard let records = try? wire.records() else { return }
        precondition(records.allSatisfy { $0.values.values.allSatisfy(\.isFinite) }, "a figure is no number")
        precondition(Set(records).count == records.count, "a record is there twice")
    }

    /// Nothing in it moves a terminal's cursor.
    private static func check(words: String) {
        precondition(
            words.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) },
            "a control character came through"
        )
    }
}
