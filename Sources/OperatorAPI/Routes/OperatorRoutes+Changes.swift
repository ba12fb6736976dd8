import Fleet
import FleetController
import FleetManifest
import Hummingbird

extension OperatorRoutes {
    private struct Application {
        var manifests: [Manifest]
        var reason: String?
        var allowRemoval: Bool
    }

    func addChanges(to project: RouterGroup<OperatorContext>) {
        project.post("/plan") { request, _ in
            let application = try await Self.application(in: request, keys: ["documents"])
            return JSONAnswer.response(try await operations.plan(application.manifests))
        }
        project.post("/apply") { request, context in
            let application = try await Self.application(in: request, keys: ["documents", "reason", "allowRemoval"])
            let view = try await operations.apply(
                application.manifests,
                by: try context.operatorIdentity(),
                reason: application.reason,
                allowRemoval: application.allowRemoval
            )
            return JSONAnswer.response(view)
        }
        let kinds: [(String, ManifestKind)] = [
            ("models", .model), ("modelversions", .modelVersion), ("runtimes", .runtime), ("deployments", .deployment),
        ]
        for (path, kind) in kinds {
            project.delete("/\(path)/:name") { request, context in
                let query = try RequestReader.query(of: request, accepted: ["reason", "allowRemoval"])
                let view = try await operations.delete(
                    kind,
                    named: try context.parameters.require("name"),
                    by: try context.operatorIdentity(),
                    reason: query["reason"],
                    allowRemoval: try RequestReader.flag("allowRemoval", in: query)
                )
                return JSONAnswer.response(view)
            }
        }
        addRollback(to: project)
        project.post("/hosttokens") { request, context in
            try await makeHostTokens(request, identity: try context.operatorIdentity())
        }
    }

    private func addRollback(to project: RouterGroup<OperatorContext>) {
        project.post("/deployments/:name/rollback") { request, context in
            let name = try context.parameters.require("name")
            let keys = ObjectKeys(["reason", "confirm"], notBuiltYet: ["to", "toTime", "hosts", "plan"])
            let reason = try await RequestReader.body(of: request, keys: keys) { reader, _ in
                let reason = reader.text("reason")
                let confirm = reader.text("confirm") {
                    $0 == name ? nil : "is not the deployment's name; repeat '\(name)' to confirm"
                }
                return confirm == nil ? nil : reason
            }
            let view = try await operations.rollBack(
                deployment: name,
                by: try context.operatorIdentity(),
                reason: reason
            )
            return JSONAnswer.response(view)
        }
        project.post("/holds/:name/lift") { request, context in
            let reason = try await RequestReader.body(of: request, keys: ObjectKeys(["reason"])) { reader, _ in
                reader.text("reason")
            }
            let view = try await operations.liftHold(
                try context.parameters.require("name"),
                by: try context.operatorIdentity(),
                reason: reason
            )
            return JSONAnswer.response(view)
        }
    }

    private func makeHostTokens(_ request: Request, identity: OperatorIdentity) async throws -> Response {
        let keys = ObjectKeys(["labels", "ttl", "count"])
        let wanted = try await RequestReader.body(of: request, keys: keys) { reader, _ in
            let labels = reader.texts(
                "labels",
                limit: FleetLimits.labels,
                rules: (key: NameRule.problem(withLabelKey:), value: NameRule.problem(withLabelValue:))
            )
            let ttl = reader.span("ttl", in: .seconds(1)...(.seconds(3600)))
            let count = reader.has("count") ? reader.integer("count", in: 1...10_000) : 1
            return (labels: labels, ttl: ttl ?? .seconds(3600), count: Int(count ?? 1))
        }
        let view = try await operations.makeHostTokens(
            count: wanted.count,
            labels: wanted.labels,
            timeToLive: wanted.ttl,
            by: identity
        )
        return JSONAnswer.response(view, status: .created)
    }

    private static func application(in request: Request, keys: [String]) async throws -> Application {
        try await RequestReader.body(of: request, keys: ObjectKeys(keys)) { reader, _ in
            var batch = ManifestBatch()
            let documents = reader.list("documents", limit: ManifestLimits.documents) { _, node, path in
                batch.add(node, at: path)
                return true
            }
            for problem in batch.problems { reader.report(problem) }
            let reason = reader.text("reason", required: false)
            let allowRemoval = reader.boolean("allowRemoval") ?? false
            guard documents != nil else { return nil }
            return Application(
                manifests: batch.documents.map(\.manifest),
                reason: reason,
                allowRemoval: allowRemoval
            )
        }
    }
}
