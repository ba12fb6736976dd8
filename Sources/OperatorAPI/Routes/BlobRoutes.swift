import Fleet
import FleetController
import Hummingbird
import Logging

/// Blobs on their way in.
enum BlobRoutes {
    /// The largest blob, in bytes.
    static let limit: Int64 = 64 << 30

    static var all: [Route] {
        [
            .inProject(.head, "/blobs/sha256/{hex}", isCounted: false, look),
            .inProject(.put, "/blobs/sha256/{hex}", content: .blob, isCounted: false, receive),
        ]
    }

    /// Only what still has its digest is there: who is told so will not send it.
    @concurrent private static func look(_ call: RouteCall) async throws -> RouteAnswer {
        let digest = try digest(of: call)
        let hint = "push it: muster model push DIR -f FILE"
        switch try await call.operations.checkBlob(digest) {
        case .whole(let size):
            return RouteAnswer(headers: [.contentType: "application/octet-stream", .contentLength: "\(size)"])
        case .missing:
            throw APIError(.notFound, "the blob \(digest.short) is not here", hint: hint)
        case .damaged:
            // An answer to HEAD has no body, and the disk needs a look.
            call.logger.warning("a blob was cut short or changed on disk: removed", metadata: ["blob": "\(digest)"])
            throw APIError(.notFound, "the blob \(digest.short) was cut short or changed on disk", hint: hint)
        }
    }

    /// Straight to disk, piece by piece: what the disk has not taken stays in the sender's socket.
    @concurrent private static func receive(_ call: RouteCall) async throws -> RouteAnswer {
        let digest = try digest(of: call)
        try call.body.check(limit: limit)
        var upload = try call.operations.receiveBlob(digest)
        while let piece = try await call.body.next() {
            try call.body.check(limit: limit)
            try upload.write(piece)
        }
        try await call.operations.keep(upload, as: digest, by: call.identity)
        return .empty(.created)
    }

    private static func digest(of call: RouteCall) throws -> Digest {
        let hex = call.parameter("hex")
        guard let digest = Digest(hex: hex) else {
            throw APIError(.invalid, "'\(hex)' is not a SHA-256 digest", hint: "write 64 lowercase hexadecimal digits")
        }
        return digest
    }
}
