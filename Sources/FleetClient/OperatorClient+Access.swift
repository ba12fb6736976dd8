package import Fleet
import NIOHTTP1

extension OperatorClient {
    /// Who may use the operator API.
    package func operators() async throws(ClientError) -> [OperatorView] {
        let listing: Listing<OperatorView> = try await call(.GET, "/v1/operators")
        return listing.items
    }

    /// Makes an operator's token.
    ///
    /// - Parameter ttl: `nil` for one that does not expire.
    package func createOperator(
        _ name: String,
        role: OperatorRole,
        ttl: Span?,
        reason: String?
    ) async throws(ClientError) -> OperatorTokenView {
        let body = Self.object([
            ("name", Self.quoted(name)), ("role", Self.quoted(role.rawValue)),
            ("ttl", ttl.map { Self.quoted($0.description) }), ("reason", reason.map(Self.quoted)),
        ])
        return try await call(.POST, "/v1/operators", body: body)
    }

    /// Refuses an operator's token from now on.
    package func revokeOperator(_ name: String, reason: String?) async throws(ClientError) -> OperatorView {
        try await call(.DELETE, "/v1/operators/\(Self.escaped(name))" + Self.query([("reason", reason)]))
    }

    /// The enrolment tokens of the last 30 days.
    package func hostTokens() async throws(ClientError) -> [HostTokenView] {
        let listing: Listing<HostTokenView> = try await call(.GET, project("/hosttokens"))
        return listing.items
    }

    /// Refuses an enrolment token from now on.
    package func revokeHostToken(_ id: String, reason: String?) async throws(ClientError) -> HostTokenView {
        try await call(.DELETE, project("/hosttokens/\(Self.escaped(id))", query: [("reason", reason)]))
    }

    /// Sets and takes away labels of hosts, all or none.
    package func labelHosts(
        _ hosts: [String],
        set: [String: String],
        removing: [String],
        reason: String?,
        allowRemoval: Bool
    ) async throws(ClientError) -> Listing<HostView> {
        let body = Self.object([
            ("hosts", Self.list(hosts.map(Self.quoted))),
            ("set", JSONValue.object(set.mapValues { .string($0) }).compactText),
            ("remove", Self.list(removing.map(Self.quoted))), ("reason", reason.map(Self.quoted)),
            ("allowRemoval", allowRemoval ? "true" : nil),
        ])
        return try await call(.POST, project("/hostlabels"), body: body)
    }

    /// Sets and takes away labels of what manifests declare, all or none.
    ///
    /// - Parameter objects: such as `Deployment/wine`.
    package func label(
        _ objects: [String],
        set: [String: String],
        removing: [String],
        reason: String?
    ) async throws(ClientError) -> ApplyView {
        let body = Self.object([
            ("objects", Self.list(objects.map(Self.quoted))),
            ("set", JSONValue.object(set.mapValues { .string($0) }).compactText),
            ("remove", Self.list(removing.map(Self.quoted))), ("reason", reason.map(Self.quoted)),
        ])
        return try await call(.POST, project("/labels"), body: body)
    }

    /// Refuses a host from now on.
    package func revokeHost(_ name: String, reason: String) async throws(ClientError) -> HostView {
        let body = Self.object([("reason", Self.quoted(reason))])
        return try await call(.POST, project("/hosts/\(Self.escaped(name))/revoke"), body: body)
    }

    /// Keeps new things from a host.
    package func cordonHost(_ name: String, reason: String) async throws(ClientError) -> HostView {
        let body = Self.object([("reason", Self.quoted(reason))])
        return try await call(.POST, project("/hosts/\(Self.escaped(name))/cordon"), body: body)
    }

    /// Lets a host follow again.
    package func uncordonHost(_ name: String, reason: String?) async throws(ClientError) -> HostView {
        let body = Self.object([("reason", reason.map(Self.quoted))])
        return try await call(.POST, project("/hosts/\(Self.escaped(name))/uncordon"), body: body)
    }

    /// Lets endpoints take a port of a host over.
    package func adoptPort(_ port: UInt16, onHost name: String, reason: String?) async throws(ClientError) -> HostView {
        let body = Self.object([("port", "\(port)"), ("reason", reason.map(Self.quoted))])
        return try await call(.POST, project("/hosts/\(Self.escaped(name))/adopt-port"), body: body)
    }

    /// Takes back that endpoints may take a port of a host over.
    package func releasePort(_ port: UInt16, onHost name: String, reason: String?) async throws(ClientError) -> HostView
    {
        let body = Self.object([("port", "\(port)"), ("reason", reason.map(Self.quoted))])
        return try await call(.POST, project("/hosts/\(Self.escaped(name))/release-port"), body: body)
    }

    /// What happened since then, the oldest first; of more than 500 events the newest, and `next` is there.
    ///
    /// - Parameters:
    ///   - name: needs `kind`.
    ///   - place: `next` of the answer before: what happened before what it shows.
    package func events(
        kind: String? = nil,
        name: String? = nil,
        since: Instant,
        before place: String? = nil
    ) async throws(ClientError) -> Listing<EventView> {
        let since = "\(max(0, since.milliseconds))"
        let query: [(String, String?)] = [("kind", kind), ("name", name), ("since", since), ("before", place)]
        return try await call(.GET, project("/events", query: query))
    }

    /// One page of the audit, oldest first.
    ///
    /// - Parameter kind: such as `Deployment`.
    package func audit(
        after sequence: UInt64 = 0,
        actor: String? = nil,
        kind: String? = nil,
        name: String? = nil,
        since: Instant? = nil
    ) async throws(ClientError) -> AuditPage {
        let query = [
            ("after", sequence > 0 ? "\(sequence)" : nil), ("actor", actor), ("kind", kind), ("name", name),
            ("since", since.map { "\($0.milliseconds)" }),
        ]
        return try await call(.GET, project("/audit", query: query))
    }
}
