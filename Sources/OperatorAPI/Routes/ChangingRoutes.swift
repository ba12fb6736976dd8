import Fleet
import FleetController
import FleetManifest
import Hummingbird

/// Plans, and every change of what should run; all of them carry who asks and why.
enum ChangingRoutes {
    private struct Documents {
        var manifests: [Manifest]
        var reason: String?
        var allowRemoval: Bool?
    }

    static var all: [Route] {
        [
            .inProject(.post, "/plan", query: ["all"], content: .json, plan),
            .inProject(.post, "/apply", content: .json, apply),
            deletion("models", .model),
            deletion("modelversions", .modelVersion),
            deletion("runtimes", .runtime),
            deletion("deployments", .deployment),
        ]
    }

    @concurrent private static func plan(_ call: RouteCall) async throws -> RouteAnswer {
        let wanted = try await documents(of: call, keys: ["documents", "allowRemoval"])
        // It only shows, so a removal needs no leave unless the caller wants to see the refusal.
        return try .json(
            try await call.operations.plan(
                wanted.manifests,
                by: call.identity,
                allowRemoval: wanted.allowRemoval ?? true,
                all: try call.query.flag("all")
            )
        )
    }

    @concurrent private static func apply(_ call: RouteCall) async throws -> RouteAnswer {
        let wanted = try await documents(of: call, keys: ["documents", "reason", "allowRemoval"])
        let view = try await call.operations.apply(
            wanted.manifests,
            by: call.identity,
            reason: wanted.reason,
            allowRemoval: wanted.allowRemoval ?? false
        )
        return try .json(view)
    }

    private static func deletion(_ path: String, _ kind: ManifestKind) -> Route {
        .inProject(.delete, "/\(path)/{name}", query: ["reason", "allowRemoval"]) { call in
            let view = try await call.operations.delete(
                kind,
                named: call.parameter("name"),
                by: call.identity,
                reason: try call.query.reason(),
                allowRemoval: try call.query.flag("allowRemoval")
            )
            return try .json(view)
        }
    }

    @concurrent private static func documents(of call: RouteCall, keys: [String]) async throws -> Documents {
        try await call.read(ObjectKeys(keys)) { reader in
            var batch = ManifestBatch()
            let documents = reader.list("documents", limit: ManifestLimits.documents) { _, node, path in
                batch.add(node, at: path)
                return true
            }
            if documents?.isEmpty == true { reader.report("holds no document", key: "documents") }
            for problem in batch.problems { reader.report(problem) }
            let reason = reader.text("reason", required: false, rule: ReasonRule.problem)
            let allowRemoval = reader.boolean("allowRemoval")
            guard documents != nil else { return nil }
            return Documents(
                manifests: batch.documents.map(\.manifest),
                reason: reason,
                allowRemoval: allowRemoval
            )
        }
    }
}
