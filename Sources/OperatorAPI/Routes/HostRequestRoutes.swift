import Fleet
import FleetController
import Hummingbird

/// What is asked of hosts themselves while somebody waits.
enum HostRequestRoutes {
    static var all: [Route] {
        [
            .inProject(.get, "/hosts/{name}/logs", query: ["deployment", "follow", "tail", "since"], logs),
            .inProject(.get, "/hosts/{name}/inspection") { call in
                try .json(try await call.operations.inspection(of: call.parameter("name")))
            },
        ]
    }

    @concurrent private static func logs(_ call: RouteCall) async throws -> RouteAnswer {
        guard let deployment = call.query["deployment"], !deployment.isEmpty else {
            throw APIError(.invalid, "'deployment' is missing", hint: "say whose log: ?deployment=NAME")
        }
        let answer = try await call.operations.logs(
            of: deployment,
            on: call.parameter("name"),
            follow: call.query.flag("follow"),
            tail: call.query.integer("tail", in: 0...LogQuery.mostLines),
            since: call.query.integer("since", in: 0...(1 << 53)).map { Instant(milliseconds: Int64($0)) }
        )
        let log = LogStream(answer: answer)
        return RouteAnswer(
            headers: [.contentType: "text/event-stream"],
            body: ResponseBody { writer in try await log.write(to: &writer) }
        )
    }
}
