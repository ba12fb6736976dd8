import DaemonKit
import Fleet
import FleetProtocol
import FoundationEssentials
import NIOCore
import RPCTransport

/// The answer to one request for a log: a piece is read when the stream has taken the one before it.
struct LogAnswer: Sendable {
    /// How often a log that is followed is looked at.
    private static let pace = Span(milliseconds: 250)
    /// A host that has nothing to send says so often that it lives.
    private static let beat = Span.seconds(5)

    let query: LogQuery
    /// `nil` when the host does not know the deployment.
    let place: ReplicaLogPlace?
    let time: TimeSource

    /// Where reading begins; `nil` where a log is followed that is still to be written.
    ///
    /// - Throws: `AgentError` when there is nothing to read.
    func begin() async throws -> LogReader? {
        let reader = try await opened(query)
        guard reader != nil || query.follow else { throw unwritten }
        return reader
    }

    /// Sends what there is, and what comes.
    func send(_ begun: LogReader?, into duplex: RPCDuplex) async throws {
        var reader = begun
        var quiet: Int64 = 0
        while true {
            if reader == nil { reader = try await opened(LogQuery(deployment: query.deployment)) }
            var chunk = WireAnswerChunk()
            if let known = reader {
                let (moved, piece) = try await Self.piece(of: known)
                reader = moved
                chunk.data = Data(piece)
            }
            if chunk.data.isEmpty {
                guard query.follow else { return }
                try await time.sleep(Self.pace)
                quiet += Self.pace.milliseconds
                guard quiet >= Self.beat.milliseconds else { continue }
            }
            try await duplex.send(chunk.buffer())
            quiet = 0
            if !query.follow, let reader, reader.remaining <= 0 { return }
        }
    }

    private static func piece(of reader: LogReader) async throws -> (LogReader, [UInt8]) {
        try await AnswerThreads.run { _ in
            var reader = reader
            let piece = try reader.next()
            return (reader, piece)
        }
    }

    private func opened(_ query: LogQuery) async throws -> LogReader? {
        guard let place else {
            throw AgentError(
                .refused,
                "this host runs no such deployment, or has not been told of it yet; see what it runs with "
                    + "`muster-agent status` there"
            )
        }
        return try await AnswerThreads.run { try LogReader(path: place.path, query: query, isOver: $0) }
    }

    private var unwritten: AgentError {
        let name = place?.name ?? "it"
        return AgentError(
            .refused,
            "\(name) has not been started on this host yet, so it has written nothing; `muster explain deployment/\(name)` "
                + "says what it waits for, and -f waits for the first line; what runs in a server of the host's own (`driver: "
                + "external`) writes into that server's log"
        )
    }
}
