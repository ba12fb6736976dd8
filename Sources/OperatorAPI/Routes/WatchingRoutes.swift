import FleetController
import Hummingbird

/// Changes as they happen.
enum WatchingRoutes {
    static var all: [Route] {
        [.inProject(.get, "/watch", query: ["from"], watch)]
    }

    private static func watch(_ call: RouteCall) throws -> RouteAnswer {
        // A browser that connects again says where it was (WHATWG HTML, "Server-sent events").
        let text = HTTPFields.Key("last-event-id").flatMap { call.headers[$0] } ?? call.query["from"]
        guard let text else {
            throw APIError(.invalid, "'from' is missing", hint: "say after which revision: ?from=REVISION of a list")
        }
        guard let revision = UInt64(text) else {
            throw APIError(.invalid, "from is '\(text)'", hint: "write the revision of a list, a whole number")
        }
        let stream = try call.streams.open(from: revision)
        return RouteAnswer(
            headers: [.contentType: "text/event-stream"],
            body: ResponseBody { writer in try await stream.write(to: &writer) }
        )
    }
}
