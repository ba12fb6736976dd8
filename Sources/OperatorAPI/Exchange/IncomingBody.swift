import Hummingbird
import NIOCore

/// The body of one request, read once and piece by piece: what nobody reads stays in the sender's socket.
///
/// Confined to the request's task.
final class IncomingBody {
    /// `content-length`, where it was given; bytes.
    let announced: Int64?
    /// Bytes so far.
    private(set) var received: Int64 = 0
    /// Whether everything was read.
    private(set) var isAtEnd: Bool
    /// Whether the connection ended first.
    private(set) var isCut = false
    /// What was read and not yet handed out.
    private var ahead: ByteBuffer?
    private var iterator: RequestBody.AsyncIterator

    init(_ request: Request) {
        announced = request.headers[.contentLength].flatMap { Int64($0) }
        isAtEnd = request.headers[.transferEncoding] == nil && (announced ?? 0) == 0
        iterator = request.body.makeAsyncIterator()
    }

    /// The next piece; nil at the end.
    ///
    /// - Throws: `APIError` `malformed` when the sender stops in the middle.
    @concurrent func next() async throws -> ByteBuffer? {
        if let piece = ahead {
            ahead = nil
            return piece
        }
        guard !isAtEnd else { return nil }
        let piece: ByteBuffer?
        do {
            piece = try await iterator.next()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw cut()
        }
        guard let piece else {
            if let announced, received != announced { throw cut() }
            isAtEnd = true
            return nil
        }
        received += Int64(piece.readableBytes)
        return piece
    }

    /// The whole body.
    ///
    /// - Throws: `APIError` `tooLarge` beyond `limit` bytes, before more is read.
    @concurrent func collect(limit: Int) async throws -> ByteBuffer {
        try check(limit: Int64(limit))
        var whole = ByteBuffer()
        while var piece = try await next() {
            try check(limit: Int64(limit))
            whole.writeBuffer(&piece)
        }
        return whole
    }

    /// The whole body, which is handed out again.
    ///
    /// - Throws: as `collect`.
    @concurrent func readAhead(limit: Int) async throws -> ByteBuffer {
        let whole = try await collect(limit: limit)
        ahead = whole.readableBytes > 0 ? whole : nil
        return whole
    }

    /// Refuses a body of which more than so many bytes were announced or came.
    func check(limit: Int64) throws {
        let size = max(announced ?? 0, received)
        guard size > limit else { return }
        throw APIError(
            .tooLarge,
            "the body has \(announced.map { "\($0)" } ?? "more than \(limit)") bytes; at most \(limit) are accepted",
            hint: "send less at once"
        )
    }

    /// Reads and drops what is left, up to so many bytes. Returns whether the connection can carry another request.
    @concurrent func drain(limit: Int64) async -> Bool {
        let end = received + limit
        while !isAtEnd, !isCut, received < end {
            guard (try? await next()) != nil else { break }
        }
        return isAtEnd
    }

    private func cut() -> APIError {
        isCut = true
        return APIError(
            .malformed,
            "the body was cut short: \(received) of \(announced.map { "\($0)" } ?? "an unknown number of") bytes arrived",
            hint: "send it again; nothing was kept"
        )
    }
}
