import Fleet
import FleetController
import Hummingbird

/// What is asked of hosts themselves while somebody waits.
enum HostRequestRoutes {
    static var all: [Route] {
        [
            .inProject(.get, "/hosts/{name}/logs", query: ["deployment", "follow", "tail", "since"], logs),
            .inProject(.get, "/hosts/{name}/inspection") { call in
                try .json(try await call.operations.inspection(of: call.parameter("name"), by: call.identity))
            },
            .inProject(.get, "/hosts/{name}/support-bundle", query: ["redact"], supportBundle),
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
            since: call.query.integer("since", in: 0...(1 << 53)).map { Instant(milliseconds: Int64($0)) },
            by: call.identity
        )
        return stream(answer)
    }

    @concurrent private static func supportBundle(_ call: RouteCall) async throws -> RouteAnswer {
        let answer = try await call.operations.supportBundle(
            of: call.parameter("name"),
            redacted: call.query["redact"] == nil || call.query.flag("redact"),
            by: call.identity
        )
        return stream(answer)
    }

    private static func stream(_ answer: HostAnswer) -> RouteAnswer {
        let log = LogStream(answer: answer)
        return RouteAnswer(
            headers: [.contentType: "text/event-stream"],
            body: ResponseBody { writer in try await log.write(to: &writer) }
        )
    }
}
