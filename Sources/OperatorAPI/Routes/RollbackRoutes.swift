import Fleet
import FleetController
import FleetManifest
import Hummingbird

/// Rollbacks and rehearsals, their receipts, and what they leave condemned.
enum RollbackRoutes {
    /// The most rollbacks of a list.
    static let listLimit = 1_000
    /// As many as a list has when nothing is said: each costs a count of its receipts.
    static let usualLimit = 20

    static var all: [Route] {
        [
            .inProject(
                .post,
                "/rollbacks",
                query: ["plan", "all"],
                content: .json,
                readers: [planned.check, ordered.check],
                isCounted: false,
                rollBack
            ),
            .inProject(.get, "/rollbacks", query: ["limit", "before"], isCounted: false, list),
            .inProject(.get, "/rollbacks/{name}", query: ["all"], isCounted: false, rollback),
            .inProject(.get, "/rollbacks/{name}/receipts", query: ["after"], isCounted: false, receipts),
            .inProject(
                .post,
                "/rollbacks/{name}/undo",
                content: .json,
                readers: [AccessRoutes.neededReason.check],
                isCounted: false,
                undo
            ),
            .inProject(.post, "/deployments/{name}/drill", content: .json, readers: [rehearsal.check], drill),
            .inProject(.post, "/holds", content: .json, readers: [newHold.check], isCounted: false, createHold),
            .inProject(.get, "/holds/{name}", hold),
            .inProject(.post, "/holds/{name}/lift", content: .json, readers: [lifted.check], lift),
        ]
    }

    @concurrent private static func rollBack(_ call: RouteCall) async throws -> RouteAnswer {
        let isPlan = try call.query.flag("plan")
        let all = try call.query.flag("all")
        let request = try await call.read(isPlan ? planned : ordered)
        guard !isPlan else {
            return try .json(try await call.operations.planRollback(request, all: all, by: call.identity))
        }
        return try .json(try await call.operations.rollBack(request, by: call.identity))
    }

    @concurrent private static func list(_ call: RouteCall) async throws -> RouteAnswer {
        let limit = try call.query.integer("limit", in: 1...listLimit) ?? usualLimit
        return try .json(try await call.operations.rollbacks(before: call.query["before"], limit: limit))
    }

    @concurrent private static func rollback(_ call: RouteCall) async throws -> RouteAnswer {
        let all = try call.query.flag("all")
        return try .json(try await call.operations.rollback(call.parameter("name"), all: all))
    }

    @concurrent private static func receipts(_ call: RouteCall) async throws -> RouteAnswer {
        try .json(try await call.operations.receipts(of: call.parameter("name"), after: call.query["after"]))
    }

    @concurrent private static func undo(_ call: RouteCall) async throws -> RouteAnswer {
        let reason = try await call.read(AccessRoutes.neededReason)
        return try .json(
            try await call.operations.undoRollback(call.parameter("name"), by: call.identity, reason: reason)
        )
    }

    @concurrent private static func drill(_ call: RouteCall) async throws -> RouteAnswer {
        let (percent, reason) = try await call.read(rehearsal)
        let view = try await call.operations.drill(
            call.parameter("name"),
            percent: Int(percent),
            by: call.identity,
            reason: reason
        )
        return try .json(view)
    }

    // MARK: Holds

    @concurrent private static func createHold(_ call: RouteCall) async throws -> RouteAnswer {
        let request = try await call.read(newHold)
        return try .json(try await call.operations.createHold(request, by: call.identity), status: .created)
    }

    @concurrent private static func hold(_ call: RouteCall) async throws -> RouteAnswer {
        try .json(try await call.operations.hold(call.parameter("name")))
    }

    @concurrent private static func lift(_ call: RouteCall) async throws -> RouteAnswer {
        let reason = try await call.read(lifted)
        return try .json(
            try await call.operations.liftHold(call.parameter("name"), by: call.identity, reason: reason)
        )
    }

    // MARK: Bodies

    private static let scopeKeys = ["deployments", "selector", "all", "hosts"]
    private static let planned = rollbackBody(isPlan: true)
    private static let ordered = rollbackBody(isPlan: false)

    private static func rollbackBody(isPlan: Bool) -> JSONBody<RollbackRequest> {
        JSONBody(
            scopeKeys + ["toVersion", "toTime", "strategy", "onFailure", "reason", "confirm", "again"]
        ) { reader in
            let scope = scope(&reader)
            let hosts = reader.text("hosts", required: false)
            let to = destination(&reader)
            let strategy = reader.has("strategy") ? reader.word("strategy", of: Rollback.Strategy.self) : nil
            let onFailure =
                reader.has("onFailure") ? reader.word("onFailure", of: AssignmentItem.OnFailure.self) : nil
            let reason = reader.text("reason", required: !isPlan, rule: ReasonRule.problem)
            let confirm = reader.text("confirm", required: !isPlan)
            let again = reader.has("again") ? reader.boolean("again") : false
            guard let scope, let to, let again else { return nil }
            return RollbackRequest(
                scope: scope,
                hosts: hosts,
                to: to,
                strategy: strategy,
                onFailure: onFailure,
                reason: reason,
                confirm: confirm,
                again: again
            )
        }
    }

    private static let rehearsal = JSONBody<(Int64, String?)>(["percent", "reason"]) { reader in
        let percent = reader.integer("percent", in: 1...100)
        let reason = reader.text("reason", required: false, rule: ReasonRule.problem)
        return percent.map { ($0, reason) }
    }

    private static let newHold = JSONBody<HoldRequest>(scopeKeys + ["version", "reason"]) { reader in
        let scope = scope(&reader)
        let hosts = reader.text("hosts", required: false)
        let version = reader.text("version", required: false)
        let reason = reader.text("reason", rule: ReasonRule.problem)
        guard let scope, let reason else { return nil }
        return HoldRequest(scope: scope, hosts: hosts, version: version, reason: reason)
    }

    /// Twice optional: the reader's `nil` is a problem, a reason that was not given is none.
    private static let lifted = JSONBody<String?>(["reason"]) { reader in
        .some(reader.text("reason", required: false, rule: ReasonRule.problem))
    }

    /// One of `deployments`, `selector` and `all`.
    private static func scope(_ reader: inout ObjectReader) -> Rollback.Scope? {
        let given = ["deployments", "selector", "all"].filter { reader.has($0) }
        guard given.count == 1, let key = given.first else {
            let hint = "give one of them: deployments, a list of names; selector, of their labels; all, true"
            reader.report(
                given.isEmpty ? "says no deployments" : "says \(given.joined(separator: " and ")) at once",
                hint: hint
            )
            return nil
        }
        switch key {
        case "selector": return reader.text("selector").map { .selector($0) }
        case "all":
            guard let all = reader.boolean("all") else { return nil }
            if !all { reader.report("is false", key: "all", hint: "say true, or give deployments or a selector") }
            return all ? .all : nil
        default:
            let names = reader.list("deployments", limit: ManifestLimits.documents) { reader, node, path in
                reader.text(node, path: path) { $0.isEmpty ? "is empty" : nil }
            }
            if names?.isEmpty == true { reader.report("holds no name", key: "deployments") }
            return names.map { .deployments($0) }
        }
    }

    private static func destination(_ reader: inout ObjectReader) -> Rollback.Destination? {
        if reader.has("toVersion"), reader.has("toTime") {
            reader.report("says toVersion and toTime at once", hint: "give one of them, or neither")
            return nil
        }
        if reader.has("toVersion") { return reader.text("toVersion").map { .version($0) } }
        guard reader.has("toTime") else { return .lastGood }
        return reader.integer("toTime", in: 0...(1 << 53)).map { .time(Instant(milliseconds: $0)) }
    }
}
