import Fleet
import FleetController
import FleetManifest
import FleetStore
import Hummingbird

/// Who may come in, what was done by whom, and the hosts themselves.
enum AccessRoutes {
    /// An operator's token lives at most ten years; one without an end has none.
    private static let longest = Span.seconds(10 * 366 * 86_400)

    static var all: [Route] {
        [
            Route(.get, "/v1/operators", handler: .operators(operators)),
            Route(
                .post,
                "/v1/operators",
                content: .json,
                readers: [newOperator.check],
                handler: .operators(makeOperator)
            ),
            Route(
                .delete,
                "/v1/operators/{name}",
                query: ["reason"],
                isCounted: false,
                handler: .operators(revokeOperator)
            ),
            .inProject(.get, "/hosttokens") { call in
                try .json(try await call.operations.hostTokens(by: call.identity))
            },
            .inProject(.post, "/hosttokens", content: .json, readers: [newTokens.check], makeHostTokens),
            .inProject(.delete, "/hosttokens/{name}", query: ["reason"], isCounted: false, revokeHostToken),
            .inProject(.get, "/audit", query: ["after", "actor", "kind", "name", "since", "limit"], audit),
            .inProject(.get, "/events", query: ["kind", "name", "since", "before", "limit"], events),
            .inProject(
                .post,
                "/hosts/{name}/revoke",
                content: .json,
                readers: [neededReason.check],
                isCounted: false,
                revokeHost
            ),
            .inProject(
                .post,
                "/hosts/{name}/cordon",
                content: .json,
                readers: [neededReason.check],
                isCounted: false,
                cordonHost
            ),
            .inProject(
                .post,
                "/hosts/{name}/uncordon",
                content: .json,
                readers: [anyReason.check],
                uncordonHost
            ),
            .inProject(.post, "/hosts/{name}/adopt-port", content: .json, readers: [namedPort.check], adoptPort),
            .inProject(.post, "/hosts/{name}/release-port", content: .json, readers: [namedPort.check], releasePort),
            .inProject(.delete, "/hosts/{name}", query: ["reason"], deleteHost),
        ]
    }

    // MARK: Operators

    @concurrent private static func operators(_ call: RouteCall) async throws -> RouteAnswer {
        try .json(try await call.operations.operators(by: call.identity))
    }

    @concurrent private static func makeOperator(_ call: RouteCall) async throws -> RouteAnswer {
        let wanted = try await call.read(newOperator)
        let view = try await call.operations.makeOperator(
            wanted.name,
            role: wanted.role,
            timeToLive: wanted.ttl,
            by: call.identity,
            reason: wanted.reason
        )
        return try .secret(view)
    }

    private struct NewOperator {
        var name: String
        var role: OperatorRole
        var ttl: Span?
        var reason: String?
    }

    private static let newOperator = JSONBody<NewOperator>(["name", "role", "ttl", "reason"]) { reader in
        let name = reader.text("name", rule: NameRule.problem(withName:))
        if !reader.has("role") { _ = reader.required("role") }
        let role = reader.word("role", of: OperatorRole.self)
        let ttl = reader.has("ttl") ? reader.span("ttl", in: .seconds(1)...longest) : nil
        let reason = reader.text("reason", required: false, rule: ReasonRule.problem)
        guard let name, let role else { return nil }
        return NewOperator(name: name, role: role, ttl: ttl, reason: reason)
    }

    @concurrent private static func revokeOperator(_ call: RouteCall) async throws -> RouteAnswer {
        let reason = try call.query.reason()
        let name = call.parameter("name")
        return try .json(try await call.operations.revokeOperator(name, by: call.identity, reason: reason))
    }

    // MARK: Enrolment tokens

    private struct NewTokens {
        var labels: [String: String]
        var ttl: Span
        var count: Int
    }

    private static let newTokens = JSONBody<NewTokens>(["labels", "ttl", "count"]) { reader in
        let labels = labels(&reader, "labels")
        let ttl = reader.span("ttl", in: .seconds(1)...(.seconds(3600)))
        let count = reader.has("count") ? reader.integer("count", in: 1...10_000) : 1
        return NewTokens(labels: labels, ttl: ttl ?? .seconds(3600), count: Int(count ?? 1))
    }

    @concurrent private static func makeHostTokens(_ call: RouteCall) async throws -> RouteAnswer {
        let wanted = try await call.read(newTokens)
        let view = try await call.operations.makeHostTokens(
            count: wanted.count,
            labels: wanted.labels,
            timeToLive: wanted.ttl,
            by: call.identity
        )
        return try .secret(view)
    }

    @concurrent private static func revokeHostToken(_ call: RouteCall) async throws -> RouteAnswer {
        let reason = try call.query.reason()
        let name = call.parameter("name")
        return try .json(try await call.operations.revokeHostToken(name, by: call.identity, reason: reason))
    }

    static func labels(_ reader: inout ObjectReader, _ key: String) -> [String: String] {
        reader.texts(
            key,
            limit: FleetLimits.labels,
            rules: (key: NameRule.problem(withLabelKey:), value: NameRule.problem(withLabelValue:))
        )
    }

    // MARK: The audit

    @concurrent private static func audit(_ call: RouteCall) async throws -> RouteAnswer {
        let kind = try kind(of: call)
        let since = try call.query.integer("since", in: 0...(1 << 53)).map { Instant(milliseconds: Int64($0)) }
        let page = try await call.operations.audit(
            after: UInt64(try call.query.integer("after", in: 0...(1 << 53)) ?? 0),
            actor: call.query["actor"],
            kind: kind,
            name: call.query["name"],
            since: since,
            limit: try call.query.integer("limit", in: 1...FleetOperations.auditPage) ?? FleetOperations.auditPage
        )
        return try .json(page)
    }

    @concurrent private static func events(_ call: RouteCall) async throws -> RouteAnswer {
        let since = try call.query.integer("since", in: 0...(1 << 53)).map { Instant(milliseconds: Int64($0)) }
        let kind = try kind(of: call)
        guard call.query["name"] == nil || kind != nil else {
            throw APIError(.invalid, "'name' without 'kind' names nothing", hint: "say kind=Deployment too")
        }
        let place = try call.query["before"].map { text in
            guard let place = EventPlace(text) else {
                throw APIError(
                    .invalid,
                    "'\(text)' is no place among events",
                    hint: "give 'before' the 'next' of the answer before"
                )
            }
            return place
        }
        let view = try await call.operations.events(
            of: kind,
            named: call.query["name"],
            since: since ?? Instant(milliseconds: 0),
            before: place,
            limit: try call.query.integer("limit", in: 1...FleetOperations.eventLimit) ?? FleetOperations.eventLimit
        )
        return try .json(view)
    }

    private static func kind(of call: RouteCall) throws -> ObjectKind? {
        try call.query["kind"].map { word in
            guard let kind = ObjectKind(rawValue: word) else {
                let known = ObjectKind.allCases.map(\.rawValue)
                let nearest = NearestName.of(word, among: known).map { "did you mean '\($0)'? " } ?? ""
                throw APIError(
                    .invalid,
                    "'\(word)' is no kind of object",
                    hint: nearest + "known: \(known.joined(separator: ", "))"
                )
            }
            return kind
        }
    }

    // MARK: Hosts

    /// Why somebody does what cannot be undone.
    private static let anyReason = JSONBody<String?>(["reason"]) { reader in
        .some(reader.text("reason", required: false, rule: ReasonRule.problem))
    }

    static let neededReason = JSONBody<String>(["reason"]) { $0.text("reason", rule: ReasonRule.problem) }

    @concurrent private static func revokeHost(_ call: RouteCall) async throws -> RouteAnswer {
        let reason = try await call.read(neededReason)
        let name = call.parameter("name")
        return try .json(try await call.operations.revokeHost(name, by: call.identity, reason: reason))
    }

    @concurrent private static func cordonHost(_ call: RouteCall) async throws -> RouteAnswer {
        let reason = try await call.read(neededReason)
        let name = call.parameter("name")
        return try .json(try await call.operations.cordonHost(name, by: call.identity, reason: reason))
    }

    @concurrent private static func uncordonHost(_ call: RouteCall) async throws -> RouteAnswer {
        let reason = try await call.read(anyReason)
        let name = call.parameter("name")
        return try .json(try await call.operations.uncordonHost(name, by: call.identity, reason: reason))
    }

    private static let namedPort = JSONBody<NamedPort>(["port", "reason"]) { reader in
        let port = reader.integer("port", in: 1...65_535)
        let reason = reader.text("reason", required: false, rule: ReasonRule.problem)
        return port.flatMap { UInt16(exactly: $0) }.map { NamedPort(port: $0, reason: reason) }
    }

    private struct NamedPort: Sendable {
        var port: UInt16
        var reason: String?
    }

    @concurrent private static func adoptPort(_ call: RouteCall) async throws -> RouteAnswer {
        let wanted = try await call.read(namedPort)
        let name = call.parameter("name")
        return try .json(
            try await call.operations.adoptPort(wanted.port, onHost: name, by: call.identity, reason: wanted.reason)
        )
    }

    @concurrent private static func releasePort(_ call: RouteCall) async throws -> RouteAnswer {
        let wanted = try await call.read(namedPort)
        let name = call.parameter("name")
        return try .json(
            try await call.operations.releasePort(wanted.port, onHost: name, by: call.identity, reason: wanted.reason)
        )
    }

    @concurrent private static func deleteHost(_ call: RouteCall) async throws -> RouteAnswer {
        let reason = try call.query.reason()
        let name = call.parameter("name")
        return try .json(try await call.operations.deleteHost(name, by: call.identity, reason: reason))
    }
}
