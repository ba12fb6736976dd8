import FleetController
import Foundation
import Hummingbird
import NIOCore

/// What a host answers as text, a log for example, as server-sent events (WHATWG HTML, "Server-sent events"), at its reader's pace: `text` with `{"text": …}`, and at
/// the end `end` with `{}`, or `problem` with a problem document. A comment says that the host lives.
struct LogStream: Sendable {
    private struct Piece: Encodable {
        let text: String
    }

    let answer: HostAnswer

    /// Writes events to the end.
    ///
    /// - Throws: what the connection throws; the reader then sees a stream that broke off.
    @concurrent func write(to writer: inout any ResponseBodyWriter) async throws {
        // The first bytes tell the reader that the host answers.
        try await writer.write(ByteBuffer(string: ": reading\n\n"))
        do {
            var text = LogText()
            for try await piece in answer {
                let event = piece.readableBytes == 0 ? ": alive\n\n" : try Self.event(text.take(piece))
                try await writer.write(ByteBuffer(string: event))
            }
            try await writer.write(ByteBuffer(string: try Self.event(text.finish())))
            try await writer.write(ByteBuffer(string: "event: end\ndata: {}\n\n"))
        } catch let error as ControllerError {
            let data = String(decoding: try RouteAnswer.encoder().encode(APIError(error).document), as: UTF8.self)
            try await writer.write(ByteBuffer(string: "event: problem\ndata: \(data)\n\n"))
        }
        try await writer.finish(nil)
    }

    private static func event(_ text: String) throws -> String {
        guard !text.isEmpty else { return "" }
        let data = String(decoding: try RouteAnswer.encoder().encode(Piece(text: text)), as: UTF8.self)
        return "event: text\ndata: \(data)\n\n"
    }
}
