import Fleet
import FleetController
import FleetStore
import Foundation
import Hummingbird

extension OperatorRoutes {
    /// Server-sent events of every change after `from`, in order and without gaps; `resync` when the place is gone.
    @Sendable func watch(_ request: Request, context: OperatorContext) async throws -> Response {
        let query = try RequestReader.query(of: request, accepted: ["from"])
        guard let from = UInt64(query["from"] ?? "0") else {
            throw ProblemAnswer(
                "invalid",
                .badRequest,
                "from is '\(query["from"] ?? "")'",
                hint: "write the revision of a list, a whole number"
            )
        }
        let changes = operations.watch(from: from)
        let body = ResponseBody { writer in
            // The first bytes tell the reader that its place was taken.
            try await writer.write(ByteBuffer(string: ": from \(from)\n\n"))
            // A reader that goes away ends the wait for the next change, however long that takes.
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                for try await change in changes {
                    try await writer.write(try Self.event(change))
                }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: body
        )
    }

    static func event(_ change: WatchEvent) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = String(decoding: try encoder.encode(change), as: UTF8.self)
        return ByteBuffer(string: "id: \(change.revision)\nevent: \(change.change.rawValue)\ndata: \(data)\n\n")
    }
}
