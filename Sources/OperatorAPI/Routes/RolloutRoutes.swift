import Fleet
import FleetController
import FleetManifest
import Hummingbird

/// Where a deployment's rollout stands, what was before it, and what people say to it.
enum RolloutRoutes {
    /// The most rollouts of a history.
    static let historyLimit = 1000

    static var all: [Route] {
        [
            .inProject(.get, "/deployments/{name}/rollout", query: ["all"], rollout),
            .inProject(.get, "/deployments/{name}/rollout/history", query: ["limit"], history),
            command("pause", isCounted: false) { _ in .pause },
            command("resume") { _ in .resume },
            command("promote", keys: ["full"]) { reader in
                .promote(full: reader.boolean("full") ?? false)
            },
            command("abort", isCounted: false) { _ in .abort },
            command("cancel", isCounted: false) { _ in .cancel },
            command("retry") { _ in .retry },
            command("skip", keys: ["host"]) { reader in
                reader.text("host").map { .skip(host: $0) }
            },
        ]
    }

    @concurrent private static func rollout(_ call: RouteCall) async throws -> RouteAnswer {
        try .json(
            try await call.operations.rollout(of: call.parameter("name"), all: try call.query.flag("all"))
        )
    }

    @concurrent private static func history(_ call: RouteCall) async throws -> RouteAnswer {
        let limit = try call.query.integer("limit", in: 1...historyLimit) ?? 20
        return try .json(try await call.operations.rolloutHistory(of: call.parameter("name"), limit: limit))
    }

    /// One command: its body holds the reason and what the command needs besides.
    private static func command(
        _ verb: String,
        keys: [String] = [],
        isCounted: Bool = true,
        _ read: @escaping @Sendable (inout ObjectReader) -> RolloutCommand?
    ) -> Route {
        let body = JSONBody<(RolloutCommand, String?)>(["reason"] + keys) { reader in
            let command = read(&reader)
            let isNeeded = command?.needsReason ?? false
            let reason = reader.text("reason", required: isNeeded, rule: ReasonRule.problem)
            return command.map { ($0, reason) }
        }
        return .inProject(
            .post,
            "/deployments/{name}/rollout/\(verb)",
            content: .json,
            readers: [body.check],
            isCounted: isCounted
        ) { call in
            let (command, reason) = try await call.read(body)
            let view = try await call.operations.command(
                command,
                deployment: call.parameter("name"),
                by: call.identity,
                reason: reason
            )
            return try .json(view)
        }
    }
}
