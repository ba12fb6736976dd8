import Fleet
import FleetProtocol
import FoundationEssentials
import NIOCore
import NIOPosix
import RPCTransport

/// The answer to one request for a support bundle: files of text, as lines of JSON that each hold a piece of one. Nothing is
/// kept of what was sent, and no file is in memory as a whole but the small ones.
struct SupportAnswer: Sendable {
    /// The newest lines of each log.
    private static let logLines = 2000
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
        let (sources, revisions, redactor) = try await NIOThreadPool.singleton.runIfActive { [sources] in
            let revisions = sources.revisions()
            let environments = revisions.flatMap { [$0.content.environment, $0.content.runtime.environment] }
            return (sources, revisions, Redactor(environments: environments))
        }
        let inspection = try await NIOThreadPool.singleton.runIfActive { sources.inspection() }
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
        content.environment = content.environment.mapValues { _ in Redactor.mark }
        content.runtime.environment = content.runtime.environment.mapValues { _ in Redactor.mark }
        return content.canonicalBytes
    }

    private func send(
        logOf place: ReplicaLogPlace,
        limit: Int,
        _ redactor: Redactor,
        into duplex: RPCDuplex
    ) async throws {
        let query = LogQuery(deployment: "", tail: Self.logLines)
        let opened = try await NIOThreadPool.singleton.runIfActive { try LogReader(path: place.path, query: query) }
        guard var reader = opened else { return }
        var lines = LineSplitter(redactor: redacts ? redactor : nil)
        var sent = 0
        while reader.remaining > 0, sent < limit {
            let known = reader
            let (moved, piece) = try await NIOThreadPool.singleton.runIfActive {
                var reader = known
                let piece = try reader.next()
                return (reader, piece)
            }
            guard !piece.isEmpty else { break }
            reader = moved
            sent += piece.count
            try await send(lines.take(piece), as: "logs/\(place.name).log", into: duplex)
        }
        try await send(lines.finish(), as: "logs/\(place.name).log", into: duplex)
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
        for begin in stride(from: 0, to: text.count, by: Self.pieceBytes) {
            let part = text[begin..<min(text.count, begin + Self.pieceBytes)]
            let line = try JSONCoding.encode(Piece(file: file, text: String(decoding: part, as: UTF8.self)))
            try await InspectionAnswer.send(line + [0x0A], into: duplex)
        }
    }

    /// Whole lines out of pieces, each without its secrets.
    private struct LineSplitter {
        private var redactor: Redactor?
        private var rest: [UInt8] = []

        init(redactor: Redactor?) {
            self.redactor = redactor
        }

        mutating func take(_ piece: [UInt8]) -> [UInt8] {
            rest += piece
            var text: [UInt8] = []
            var begin = 0
            while let newline = rest[begin...].firstIndex(of: 0x0A) {
                text += cleaned(Array(rest[begin..<newline])) + [0x0A]
                begin = newline + 1
            }
            rest.removeFirst(begin)
            return text
        }

        mutating func finish() -> [UInt8] {
            defer { rest = [] }
            return rest.isEmpty ? [] : cleaned(rest) + [0x0A]
        }

        private mutating func cleaned(_ line: [UInt8]) -> [UInt8] { redactor?.line(line) ?? line }
    }
}
