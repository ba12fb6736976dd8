package import Fleet
import NIOHTTP1

extension OperatorClient {
    /// What a rollback would do. It only shows.
    ///
    /// - Parameter all: whether every host of a long list is shown.
    package func planRollback(_ request: RollbackRequest, all: Bool = false) async throws(ClientError)
        -> RollbackPlanView
    {
        let query = [("plan", "true"), ("all", all ? "true" : nil)]
        return try await call(.POST, project("/rollbacks", query: query), body: Self.body(of: request))
    }

    /// Sends hosts back.
    package func rollBack(_ request: RollbackRequest) async throws(ClientError) -> RollbackView {
        try await call(.POST, project("/rollbacks"), body: Self.body(of: request))
    }

    /// Rollbacks and rehearsals, the newest first, without their hosts.
    ///
    /// - Parameter newer: the last one of the page before; `nil` for the newest ones.
    package func rollbacks(before newer: String? = nil, limit: Int) async throws(ClientError) -> Listing<RollbackView> {
        try await call(.GET, project("/rollbacks", query: [("before", newer), ("limit", "\(limit)")]))
    }

    /// One rollback as it stands.
    ///
    /// - Parameter all: whether every host of a long list is shown.
    package func rollback(_ id: String, all: Bool = false) async throws(ClientError) -> RollbackView {
        try await call(.GET, project("/rollbacks/\(Self.escaped(id))", query: [("all", all ? "true" : nil)]))
    }

    /// Every receipt of a rollback.
    package func receipts(of id: String) async throws(ClientError) -> [RollbackHostView] {
        var receipts: [RollbackHostView] = []
        var next: String?
        repeat {
            let path = project("/rollbacks/\(Self.escaped(id))/receipts", query: [("after", next)])
            let page: ReceiptsView = try await call(.GET, path)
            receipts += page.items
            next = page.next
        } while next != nil
        return receipts
    }

    /// Lifts the holds of a rollback and rolls the written content out again.
    package func undoRollback(_ id: String, reason: String) async throws(ClientError) -> RollbackView {
        let body = Self.object([("reason", Self.quoted(reason))])
        return try await call(.POST, project("/rollbacks/\(Self.escaped(id))/undo"), body: body)
    }

    /// Rehearses a rollback on some hosts of a deployment.
    ///
    /// - Parameter percent: how many in a hundred of its hosts: 1…100.
    package func drill(_ deployment: String, percent: Int, reason: String?) async throws(ClientError) -> RollbackView {
        let body = Self.object([("percent", "\(percent)"), ("reason", reason.map(Self.quoted))])
        return try await call(.POST, project("/deployments/\(Self.escaped(deployment))/drill"), body: body)
    }

    /// Condemns revisions, without haste.
    package func createHold(_ request: HoldRequest) async throws(ClientError) -> HoldCreation {
        let body = Self.object(
            Self.members(of: request.scope) + [
                ("hosts", request.hosts.map(Self.quoted)), ("version", request.version.map(Self.quoted)),
                ("reason", Self.quoted(request.reason)),
            ]
        )
        return try await call(.POST, project("/holds"), body: body)
    }

    /// Which hosts serve a model, or served it.
    ///
    /// - Parameter at: `nil` for now.
    package func hosts(serving model: String, version: String?, at: Instant?) async throws(ClientError) -> WhereView {
        let query = [("model", model), ("version", version), ("at", at.map { "\($0.milliseconds)" })]
        return try await call(.GET, project("/where", query: query))
    }

    /// What a host served from when to when.
    package func history(ofHost host: String) async throws(ClientError) -> HostHistoryView {
        try await call(.GET, project("/hosts/\(Self.escaped(host))/history"))
    }

    // MARK: Bodies

    private static func body(of request: RollbackRequest) -> String {
        var members = members(of: request.scope)
        members.append(("hosts", request.hosts.map(quoted)))
        switch request.to {
        case .lastGood: break
        case .version(let version): members.append(("toVersion", quoted(version)))
        case .time(let instant): members.append(("toTime", "\(instant.milliseconds)"))
        }
        members += [
            ("strategy", request.strategy.map { quoted($0.rawValue) }),
            ("onFailure", request.onFailure.map { quoted($0.rawValue) }),
            ("reason", request.reason.map(quoted)), ("confirm", request.confirm.map(quoted)),
            ("again", request.again ? "true" : nil),
        ]
        return object(members)
    }

    private static func members(of scope: Rollback.Scope) -> [(String, String?)] {
        switch scope {
        case .deployments(let names): [("deployments", list(names.map(quoted)))]
        case .selector(let selector): [("selector", quoted(selector))]
        case .all: [("all", "true")]
        }
    }
}
