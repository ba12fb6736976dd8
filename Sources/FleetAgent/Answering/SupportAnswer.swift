import Fleet
import FleetProtocol
import FoundationEssentials
import NIOCore
import RPCTransport

/// The answer to one request for a support bundle: files of text, as lines of JSON that each hold a piece of one. Nothing is
/// kept of what was sent, and no file is in memory as a whole but the small ones.
struct SupportAnswer: Sendable {
    /// The most of each log, and of all of them, in bytes.
    private static let logBytes = (one: 1 << 20, all: 16 << 20)
    private static let pieceBytes = 16 << 10

    let sources: AnswerSources
    let redacts: Bool

    /// A piece of one file.
    private struct Piece: Encodable {
        let file: String
        let text: String
    }

    /// Sends everything.
    func send(into duplex: RPCDuplex) async throws {
        let (sources, revisions, redactor) = try await AnswerThreads.run { [sources] _ in
            let revisions = sources.revisions()
            let environments = revisions.flatMap { known in
                let written = [known.content.environment, known.content.runtime.environment]
                return written.map { $0.compactMapValues(\.text) } + [sources.secrets(known.content)]
            }
            return (sources, revisions, Redactor(environments: environments))
        }
        let inspection = try await AnswerThreads.run { _ in sources.inspection() }
        try await send(try JSONCoding.encode(inspection), as: "inspection.json", redactor, into: duplex)
        for revision in revisions {
            let file = "revisions/\(revision.deployment)-\(revision.number).json"
            try await send(bytes(of: revision.content), as: file, redactor, into: duplex)
        }
        let each = min(Self.logBytes.one, Self.logBytes.all / max(1, inspection.replicas.count))
        for replica in inspection.replicas {
            guard let place = sources.log(replica.report.deployment) else { continue }
            try await send(logOf: place, limit: each, redactor, into: duplex)
        }
    }

    private func bytes(of content: RevisionContent) -> [UInt8] {
        guard redacts else { return content.canonicalBytes }
        var content = content
        // Where a secret stands is no secret.
        let redact: (VariableValue) -> VariableValue = { $0.file == nil ? .text(Redactor.mark) : $0 }
        content.environment = content.environment.mapValues(redact)
        content.runtime.environment = content.runtime.environment.mapValues(redact)
        return content.canonicalBytes
    }

    private func send(
        logOf place: ReplicaLogPlace,
        limit: Int,
        _ redactor: Redactor,
        into duplex: RPCDuplex
    ) async throws {
        let known = redacts ? redactor : nil
        let opened = try await AnswerThreads.run {
            try SupportLog(path: place.path, limit: limit, redactor: known, isOver: $0)
        }
        guard var log = opened else { return }
        while true {
            let (moved, text) = try await AnswerThreads.run { [log] _ in
                var log = log
                let text = try log.next()
                return (log, text)
            }
            guard !text.isEmpty else { return }
            log = moved
            try await send(text, as: "logs/\(place.name).log", into: duplex)
        }
    }

    /// A document is one line, however long.
    private func send(
        _ document: [UInt8],
        as file: String,
        _ redactor: Redactor,
        into duplex: RPCDuplex
    ) async throws {
        var redactor = redactor
        let text = redacts ? redactor.line(document, limit: .max) : document
        try await send(text + [0x0A], as: file, into: duplex)
    }

    private func send(_ text: [UInt8], as file: String, into duplex: RPCDuplex) async throws {
        for part in Self.parts(of: text) {
            let line = try JSONCoding.encode(Piece(file: file, text: String(decoding: part, as: UTF8.self)))
            try await InspectionAnswer.send(line + [0x0A], into: duplex)
        }
    }

    /// A text in pieces that begin where a character does.
    static func parts(of text: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var rest = text[...]
        while rest.count > pieceBytes {
            var end = rest.startIndex + pieceBytes
            // No character of UTF-8 has more than three bytes after its first; what has is none.
            for _ in 0..<3 where text[end] & 0xC0 == 0x80 { end -= 1 }
            parts.append(rest[..<end])
            rest = rest[end...]
        }
        return rest.isEmpty ? parts : parts + [rest]
    }
}
