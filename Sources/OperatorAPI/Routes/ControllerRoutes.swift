import Fleet
import FleetController
import FleetManifest
import Hummingbird

/// The controller itself, and the end of a freeze.
enum ControllerRoutes {
    static var all: [Route] {
        [
            Route(.get, "/v1/controller", handler: .operators(controller)),
            Route(
                .post,
                "/v1/controller/thaw",
                content: .json,
                readers: [thawing.check],
                handler: .operators(thaw)
            ),
        ]
    }

    @concurrent private static func controller(_ call: RouteCall) async throws -> RouteAnswer {
        try .json(try await call.operations.controller())
    }

    private static let thawing = JSONBody<(Int64, String?)>(["epoch", "reason"]) { reader in
        let epoch = reader.integer("epoch", in: 1...(1 << 53))
        let reason = reader.text("reason", required: false, rule: ReasonRule.problem)
        return epoch.map { ($0, reason) }
    }

    @concurrent private static func thaw(_ call: RouteCall) async throws -> RouteAnswer {
        let (epoch, reason) = try await call.read(thawing)
        return try .json(
            try await call.operations.thaw(epoch: UInt64(epoch), by: call.identity, reason: reason)
        )
    }
}
