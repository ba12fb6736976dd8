import Fleet
import FleetController
import FleetManifest
import Hummingbird

/// Plans, and every change of what should run; all of them carry who asks and why.
enum ChangingRoutes {
    private struct Documents {
        var manifests: [Manifest]
        var reason: String?
        /// Where it is not said whether replicas may stop on more than one host.
        var allowRemoval: Bool?
        var options: ApplyOptions
    }

    static var all: [Route] {
        [
            .inProject(.post, "/plan", query: ["all"], content: .json, readers: [planned.check], plan),
            .inProject(.post, "/apply", content: .json, readers: [applied.check], apply),
            deletion("models", .model),
            deletion("modelversions", .modelVersion),
            deletion("runtimes", .runtime),
            deletion("deployments", .deployment),
        ]
    }

    @concurrent private static func plan(_ call: RouteCall) async throws -> RouteAnswer {
        var wanted = try await call.read(planned)
        // It only shows, so a removal needs no leave unless the caller wants to see the refusal.
        wanted.options.allowsRemoval = wanted.allowRemoval ?? true
        return try .json(
            try await call.operations.plan(
                wanted.manifests,
                by: call.identity,
                options: wanted.options,
                all: try call.query.flag("all")
            )
        )
    }

    @concurrent private static func apply(_ call: RouteCall) async throws -> RouteAnswer {
        let wanted = try await call.read(applied)
        let view = try await call.operations.apply(
            wanted.manifests,
            by: call.identity,
            reason: wanted.reason,
            options: wanted.options
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

    /// `prune`: a selector that is not satisfied by everything.
    private static func set(from reader: inout ObjectReader) -> LabelSelector? {
        guard let text = reader.text("prune", required: false, rule: { _ in nil }) else { return nil }
        let hint = "name the set by a label that all of its objects have, like team=risk"
        do throws(LabelSelector.Problem) {
            let selector = try LabelSelector(text)
            let isNamed = selector.requirements.contains { requirement in
                switch requirement {
                case .isIn, .exists: true
                case .isNotIn, .isMissing: false
                }
            }
            if isNamed { return selector }
            reader.report("'\(text)' names no label that the set's objects have", key: "prune", hint: hint)
        } catch {
            reader.report(
                "not a selector, at character \(error.offset + 1): \(error.message)",
                key: "prune",
                hint: hint
            )
        }
        return nil
    }

    /// `expected`: at which versions objects were read, by `Kind/name`.
    private static func versions(from reader: inout ObjectReader, of batch: ManifestBatch) -> [String: UInt64] {
        guard let node = reader.node("expected") else { return [:] }
        guard case .object(let members) = node.value else {
            reader.report("must be an object, and is \(node.sort)", key: "expected", hint: "like {\"Model/wine\": 12}")
            return [:]
        }
        let known = Set(batch.documents.map { "\($0.manifest.kind.rawValue)/\($0.manifest.name)" })
        var versions: [String: UInt64] = [:]
        for member in members {
            let path = ManifestPath([.key("expected"), .key(member.key)])
            if let number = member.value.wholeNumber, let version = UInt64(exactly: number) {
                versions[member.key] = version
            } else {
                let hint = "an object's resourceVersion, or 0 for one that was not there"
                reader.report(
                    "must be a version, and is \(member.value.sort)",
                    at: member.value,
                    path: path,
                    hint: hint
                )
            }
            if batch.problems.isEmpty, !known.contains(member.key) {
                reader.report("'\(member.key)' is not among the documents", at: member.value, path: path)
            }
        }
        return versions
    }

    private static let planned = body(["documents", "allowRemoval", "resolve", "prune", "plan"])
    private static let applied = body([
        "documents", "reason", "allowRemoval", "resolve", "prune", "plan", "expected",
    ])

    private static func body(_ keys: [String]) -> JSONBody<Documents> {
        JSONBody(keys) { reader in
            var batch = ManifestBatch()
            let documents = reader.list("documents", limit: ManifestLimits.documents) { _, node, path in
                batch.add(node, at: path)
                return true
            }
            if documents?.isEmpty == true { reader.report("holds no document", key: "documents") }
            for problem in batch.problems { reader.report(problem) }
            let reason = reader.text("reason", required: false, rule: ReasonRule.problem)
            let allowRemoval = reader.boolean("allowRemoval")
            var options = ApplyOptions(allowsRemoval: allowRemoval ?? false)
            options.resolvesAgain = reader.boolean("resolve") ?? false
            options.prune = set(from: &reader)
            options.plan = reader.text("plan", required: false) {
                PlanHash($0) == nil ? "is not a plan's hash, as `/plan` answers it" : nil
            }.flatMap { PlanHash($0) }
            options.expected = versions(from: &reader, of: batch)
            guard documents != nil else { return nil }
            return Documents(
                manifests: batch.documents.map(\.manifest),
                reason: reason,
                allowRemoval: allowRemoval,
                options: options
            )
        }
    }
}
