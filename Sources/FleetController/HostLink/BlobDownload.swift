import Fleet
import HTTP2Session
import NIOCore
import RPCTransport

/// Answers GET and HEAD of one blob, with one Range (RFC 9110 §14), reading only as fast as the host takes it.
///
/// Confined to the connection's event loop.
final class BlobDownload: RPCServerStreamHandler {
    private static let pieceBytes = 64 << 10

    private let digest: Digest?
    private let method: String
    private let range: String?
    private let blobs: BlobDirectory
    private let stream: RPCServerStream
    private var file: BlobFile?
    private var offset: Int64 = 0
    private var end: Int64 = 0
    private var isAnswered = false

    init(digest: Digest?, method: String, range: String?, blobs: BlobDirectory, stream: RPCServerStream) {
        self.digest = digest
        self.method = method
        self.range = range
        self.blobs = blobs
        self.stream = stream
    }

    func received(message: ByteBuffer) {}

    func receivedEnd() {
        guard !isAnswered else { return }
        isAnswered = true
        guard method == "GET" || method == "HEAD" else {
            return refuse(405, ["allow": "GET, HEAD"])
        }
        guard let digest, let file = blobs.open(digest) else { return refuse(404, [:]) }
        let size = file.size
        guard let wanted = ByteRange(header: range, size: size) else {
            return refuse(416, ["content-range": "bytes */\(size)"])
        }
        var headers: RPCMetadata = [
            "content-length": "\(wanted.count)", "accept-ranges": "bytes", "content-type": "application/octet-stream",
        ]
        if wanted.isPartial { headers.add("content-range", "bytes \(wanted.first)-\(wanted.end - 1)/\(size)") }
        stream.respond(status: wanted.isPartial ? 206 : 200, headers: headers)
        guard method == "GET" else { return stream.finishBody() }
        self.file = file
        offset = wanted.first
        end = wanted.end
        pump()
    }

    func writabilityChanged(isWritable: Bool) {
        if isWritable { pump() }
    }

    func closed(reason: RPCStatus?) {
        file = nil
    }

    private func pump() {
        guard let file else { return }
        while stream.isWritable, offset < end {
            guard let piece = file.read(at: offset, count: Int(min(Int64(Self.pieceBytes), end - offset))) else {
                self.file = nil
                return stream.reset(.internalError)
            }
            offset += Int64(piece.readableBytes)
            stream.send(chunk: piece)
        }
        if offset >= end {
            self.file = nil
            stream.finishBody()
        }
    }

    private func refuse(_ status: Int, _ headers: RPCMetadata) {
        stream.respond(status: status, headers: headers)
        stream.finishBody()
    }
}

/// The bytes that a Range header asks for.
struct ByteRange: Hashable, Sendable {
    /// The first byte.
    let first: Int64
    /// The byte after the last.
    let end: Int64
    /// Whether the answer is 206.
    let isPartial: Bool

    var count: Int64 { end - first }

    /// One range of a file of `size` bytes; `nil` when it cannot be satisfied (416). No header, or one that is not a
    /// single byte range, asks for everything, as RFC 9110 §14.2 allows.
    init?(header: String?, size: Int64) {
        let everything = (first: Int64(0), end: size, isPartial: false)
        guard let header, header.hasPrefix("bytes="), !header.contains(",") else {
            (first, end, isPartial) = everything
            return
        }
        let bounds = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2 else {
            (first, end, isPartial) = everything
            return
        }
        switch (Int64(bounds[0]), Int64(bounds[1])) {
        case (let first?, let last?) where first <= last:
            guard first < size else { return nil }
            (self.first, end, isPartial) = (first, min(last, size - 1) + 1, true)
        case (let first?, nil) where bounds[1].isEmpty:
            guard first < size else { return nil }
            (self.first, end, isPartial) = (first, size, true)
        case (nil, let suffix?) where bounds[0].isEmpty:
            guard suffix > 0, size > 0 else { return nil }
            (first, end, isPartial) = (max(0, size - suffix), size, true)
        default:
            (first, end, isPartial) = everything
        }
    }
}
