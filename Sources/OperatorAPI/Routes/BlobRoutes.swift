import Fleet
import FleetController
import Hummingbird

/// Blobs on their way in.
enum BlobRoutes {
    /// The largest blob, in bytes.
    static let limit: Int64 = 64 << 30

    static var all: [Route] {
        [
            .inProject(.head, "/blobs/sha256/{hex}", look),
            .inProject(.put, "/blobs/sha256/{hex}", content: .blob, receive),
        ]
    }

    private static func look(_ call: RouteCall) throws -> RouteAnswer {
        let digest = try digest(of: call)
        guard let size = call.operations.blobSize(digest) else {
            throw APIError(.notFound, "the blob \(digest.short) is not here", hint: "push it: muster model push DIR")
        }
        return RouteAnswer(headers: [.contentType: "application/octet-stream", .contentLength: "\(size)"])
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
