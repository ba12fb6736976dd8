import Fleet
import FleetController
import Hummingbird
import NIOCore

/// Who served what when.
enum ServingRoutes {
    static var all: [Route] {
        [
            .inProject(.get, "/where", query: ["model", "version", "at"], whereabouts),
            .inProject(.get, "/hosts/{name}/history") { call in
                try .json(try await call.operations.history(ofHost: call.parameter("name")))
            },
        ]
    }

    @concurrent private static func whereabouts(_ call: RouteCall) async throws -> RouteAnswer {
        guard let model = call.query["model"], !model.isEmpty else {
            throw APIError(.invalid, "'model' is missing", hint: "say which: ?model=NAME")
        }
        let at = try call.query.integer("at", in: 0...(1 << 53)).map { Instant(milliseconds: Int64($0)) }
        let view = try await call.operations.hosts(serving: model, version: call.query["version"], at: at)
        return RouteAnswer(
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try WhereText(view).bytes()))
        )
    }
}
