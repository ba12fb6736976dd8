import Fleet
import FleetProtocol
import FoundationEssentials
import NIOCore
import RPCTransport

/// The answer to one request for inspection: one JSON document, in bounded pieces.
struct InspectionAnswer: Sendable {
    let sources: AnswerSources

    /// What is sent.
    ///
    /// - Throws: `AgentError`.
    func document() async throws -> [UInt8] {
        try await AnswerThreads.run { [sources] _ in try JSONCoding.encode(sources.inspection()) }
    }

    /// Sends it.
    static func send(_ document: [UInt8], into duplex: RPCDuplex) async throws {
        for begin in stride(from: 0, to: document.count, by: LogReader.pieceBytes) {
            var chunk = WireAnswerChunk()
            chunk.data = Data(document[begin..<min(document.count, begin + LogReader.pieceBytes)])
            try await duplex.send(chunk.buffer())
        }
    }
}
