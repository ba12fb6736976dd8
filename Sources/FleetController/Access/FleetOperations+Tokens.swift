package import Fleet
import FleetSecurity
import FleetStore

/// Who may come in: hosts by enrolment tokens, operators by bearer tokens. Only hashes are stored.
extension FleetOperations {
    /// Enrolment tokens of so long ago are not listed any more.
    private static let listedFor = Span.seconds(30 * 86_400)
    /// The most tokens of a list.
    private static let listed = 1_000

    /// Makes enrolment tokens; each lets one host enrol, with these labels.
    ///
    /// - Parameter timeToLive: at most an hour.
    package func makeHostTokens(
        count: Int,
        labels: [String: String],
        timeToLive: Span,
        by identity: OperatorIdentity
    ) async throws -> HostTokensView {
        try identity.check(.admin, to: "make enrolment tokens")
        guard (1...10_000).contains(count) else {
            throw ControllerError(.invalid, "count is \(count)", hint: "ask for 1 to 10000 tokens")
        }
        guard timeToLive > .seconds(0), timeToLive <= .seconds(3600) else {
            throw ControllerError(.invalid, "ttl is \(timeToLive)", hint: "a token lives at most 1h")
        }
        for (key, value) in labels {
            if let reason = NameRule.problem(withLabelKey: key) ?? NameRule.problem(withLabelValue: value) {
                throw ControllerError(.invalid, "the label '\(key)=\(value)' \(reason)")
            }
        }
        let expiresAt = environment.now() + timeToLive
        let tokens = (0..<count).map { _ in EnrolmentToken.generate(authority: authority.digest) }
        try await write(by: identity, reason: nil) { writer in
            for token in tokens {
                try writer.putEnrolmentToken(hash: token.secretHash, labels: labels, expiresAt: expiresAt)
            }
        }
        return HostTokensView(tokens: tokens.map(\.text), expiresAt: expiresAt, labels: labels)
    }

    /// The enrolment tokens of the last 30 days, newest first, whatever became of them.
    package func hostTokens(by identity: OperatorIdentity) async throws -> Listing<HostTokenView> {
        try identity.check(.admin, to: "list enrolment tokens")
        let now = environment.now()
        return try await read { reader in
            let tokens = try reader.enrolmentTokens(since: Self.beginning(at: now), limit: Self.listed)
            return Listing(items: tokens.map { self.view(of: $0, at: now) }, revision: try reader.revision())
        }
    }

    /// Refuses an enrolment token from now on.
    ///
    /// - Parameter id: the beginning of its hash, as the list shows it, or a whole token.
    /// - Throws: `forbidden`; `notFound`; `conflict` when it has let a host in.
    package func revokeHostToken(
        _ id: String,
        by identity: OperatorIdentity,
        reason: String?
    ) async throws -> HostTokenView {
        try identity.check(.admin, to: "revoke enrolment tokens")
        let now = environment.now()
        let known = (try? EnrolmentToken.parse(id))?.secretHash
        let record = try await write(by: identity, reason: reason) { writer in
            let tokens = try writer.reader.enrolmentTokens(since: Self.beginning(at: now), limit: Self.listed)
            guard let token = tokens.first(where: { $0.hash == known || $0.hash.short == id }) else {
                throw ControllerError(
                    .notFound,
                    "there is no enrolment token '\(known?.short ?? id)'",
                    hint: "see 'muster host token list'"
                )
            }
            try writer.revokeEnrolmentToken(hash: token.hash)
            return try writer.reader.enrolmentToken(hash: token.hash) ?? token
        }
        return view(of: record, at: now)
    }

    /// Who may use the operator API, by name.
    package func operators(by identity: OperatorIdentity) async throws -> Listing<OperatorView> {
        try identity.check(.admin, to: "list operators")
        return try await read { reader in
            Listing(items: try reader.operatorTokens().map(Self.view(of:)), revision: try reader.revision())
        }
    }

    /// Lets a person or a program use the operator API.
    ///
    /// - Parameter timeToLive: at most 10 years; `nil` for a token that does not expire.
    /// - Throws: `forbidden`; `invalid`; `conflict` when the name has a good token.
    package func makeOperator(
        _ name: String,
        role: OperatorRole,
        timeToLive: Span?,
        by identity: OperatorIdentity,
        reason: String?
    ) async throws -> OperatorTokenView {
        try identity.check(.admin, to: "make operator tokens")
        if let problem = NameRule.problem(withName: name) {
            throw ControllerError(.invalid, "the name '\(name)' \(problem)", hint: "write it like ana or ci-pipeline")
        }
        let now = environment.now()
        let token = OperatorToken.generate()
        let record = OperatorRecord(
            hash: token.secretHash,
            name: name,
            role: role,
            createdAt: now,
            createdBy: identity.name,
            expiresAt: timeToLive.map { now + $0 }
        )
        try await write(by: identity, reason: reason) { try $0.putOperatorToken(record) }
        return OperatorTokenView(operator: Self.view(of: record), token: token.text, authority: authority.digest)
    }

    /// Refuses an operator's token from now on.
    ///
    /// - Throws: `forbidden`; `notFound`, with the nearest name; `conflict` when nobody could make tokens any more.
    package func revokeOperator(
        _ name: String,
        by identity: OperatorIdentity,
        reason: String?
    ) async throws -> OperatorView {
        try identity.check(.admin, to: "revoke operator tokens")
        let now = environment.now()
        let view = try await write(by: identity, reason: reason) { writer in
            let good = try writer.reader.operatorTokens()
            guard let record = good.last(where: { $0.name == name }) else {
                let nearest = NearestName.of(name, among: good.map(\.name)).map { "did you mean '\($0)'?" }
                throw ControllerError(
                    .notFound,
                    "there is no operator '\(name)' with a good token",
                    hint: nearest ?? "see 'muster operator token list'"
                )
            }
            guard good.contains(where: { $0.name != name && $0.role == .admin && $0.expiresAt == nil }) else {
                throw ControllerError(
                    .conflict,
                    "cannot revoke '\(name)': no other admin's token lasts, and without one nobody can make tokens",
                    hint: "make another one first: muster operator token create NAME --role admin",
                    meaning: .lastAdmin
                )
            }
            try writer.revokeOperatorTokens(of: name)
            var view = Self.view(of: record)
            view.expiresAt = now
            return view
        }
        operators.forget()
        return view
    }

    /// Where the list of enrolment tokens begins.
    private static func beginning(at now: Instant) -> Instant {
        Instant(milliseconds: now.milliseconds - listedFor.milliseconds)
    }

    private static func view(of record: OperatorRecord) -> OperatorView {
        OperatorView(
            name: record.name,
            role: record.role,
            createdAt: record.createdAt,
            createdBy: record.createdBy,
            expiresAt: record.expiresAt
        )
    }

    private func view(of token: EnrolmentTokenRecord, at now: Instant) -> HostTokenView {
        let state: HostTokenView.State =
            token.use != nil ? .used : token.revokedAt != nil ? .revoked : token.expiresAt <= now ? .expired : .good
        return HostTokenView(
            id: token.hash.short,
            state: state,
            labels: token.labels,
            createdAt: token.createdAt,
            createdBy: token.createdBy,
            expiresAt: token.expiresAt,
            usedBy: token.use.map { directory[$0.host]?.host.name ?? $0.host }
        )
    }
}
