package import Fleet
import StoreDriver

extension FleetWriter {
    /// Stores a new enrolment token by its hash, in the name of the change's actor.
    package func putEnrolmentToken(hash: Digest, labels: [String: String], expiresAt: Instant) throws {
        try transaction.execute(
            """
            INSERT INTO enrolment_token (hash, project, labels, created_at, created_by, expires_at)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                .digest(hash), .text(FleetDatabase.project), try .json(labels), .instant(change.now),
                .text(change.actor), .instant(expiresAt),
            ]
        )
        try record("create", .enrolmentToken, name: hash.short, after: try StoredJSON.text(labels))
    }

    /// Uses up an enrolment token for a host. Of two hosts that use one token at once, one gets `tokenUsed`.
    ///
    /// - Returns: the token, with the labels that the host will bear.
    /// - Throws: ``FleetStoreError`` `tokenUnknown`, `tokenExpired`, `tokenUsed`.
    package func useEnrolmentToken(hash: Digest, host: String) throws -> EnrolmentTokenRecord {
        guard var token = try reader.enrolmentToken(hash: hash) else {
            throw refused(
                .tokenUnknown,
                hash,
                "no token of that text was ever made here: it may be mistyped, or of another controller"
            )
        }
        if let use = token.use { throw refused(.tokenUsed, hash, "it was used at \(use.at); a token lets one host in") }
        if let revoked = token.revokedAt { throw refused(.tokenExpired, hash, "it was revoked at \(revoked)") }
        guard change.now < token.expiresAt else {
            throw refused(.tokenExpired, hash, "it expired at \(token.expiresAt)")
        }
        token.use = EnrolmentTokenRecord.Use(at: change.now, host: host)
        try transaction.execute(
            "UPDATE enrolment_token SET used_at = ?, used_by = ? WHERE hash = ?",
            [.instant(change.now), .text(host), .digest(hash)]
        )
        try record("use", .enrolmentToken, name: hash.short, after: try StoredJSON.text(["host": host]))
        return token
    }

    /// Refuses an enrolment token from now on. One that is used or expired is refused anyhow; it is said so.
    ///
    /// - Throws: ``FleetStoreError`` `tokenUnknown`, `tokenUsed`.
    package func revokeEnrolmentToken(hash: Digest) throws {
        guard let token = try reader.enrolmentToken(hash: hash) else {
            throw FleetStoreError.notFound(.enrolmentToken, hash.short)
        }
        if let use = token.use {
            throw FleetStoreError(
                .conflict,
                what: "cannot revoke an enrolment token",
                where: "token \(hash.short)",
                why: "it let a host in at \(use.at)",
                next: "revoke the host: muster host revoke HOST"
            )
        }
        guard token.revokedAt == nil else { return }
        try transaction.execute(
            "UPDATE enrolment_token SET revoked_at = ? WHERE hash = ?",
            [.instant(change.now), .digest(hash)]
        )
        try record("revoke", .enrolmentToken, name: hash.short, before: try StoredJSON.text(token.labels))
    }

    /// Stores a new operator token by its hash.
    ///
    /// - Throws: ``FleetStoreError`` `conflict` when another good token bears the name.
    package func putOperatorToken(_ token: OperatorRecord) throws {
        let namesake = try reader.operatorTokens().first { $0.name == token.name }
        if let namesake, !namesake.isExpired(at: change.now) {
            throw FleetStoreError(
                .conflict,
                what: "cannot make a token for \(token.name)",
                where: "operators",
                why: "that name has a good token since \(namesake.createdAt), with the role \(namesake.role.rawValue)",
                next: "choose another name, or revoke it first: muster operator token revoke \(token.name)"
            )
        }
        try transaction.execute(
            """
            INSERT INTO operator_token (hash, name, role, created_at, created_by, expires_at) VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                .digest(token.hash), .text(token.name), .text(token.role.rawValue), .instant(token.createdAt),
                .text(token.createdBy), .instant(orNull: token.expiresAt),
            ]
        )
        let after = try StoredJSON.text(["name": token.name, "role": token.role.rawValue])
        try record("create", .operatorToken, name: token.name, uid: token.hash.short, after: after)
    }

    /// Refuses all tokens of an operator from now on.
    ///
    /// - Throws: ``FleetStoreError`` `notFound`.
    package func revokeOperatorTokens(of name: String) throws {
        let revoked = try transaction.execute(
            "UPDATE operator_token SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL",
            [.instant(change.now), .text(name)]
        )
        guard revoked > 0 else { throw FleetStoreError.notFound(.operatorToken, name) }
        try record("revoke", .operatorToken, name: name, before: try StoredJSON.text(["name": name]))
    }

    /// Stores that the authority gave a certificate to a host, and forgets the host's others that have ended. No revision, no
    /// audit: the enrolment has both.
    package func putCertificate(_ certificate: CertificateRecord) throws {
        try transaction.execute(
            "DELETE FROM certificate WHERE host = ? AND not_after < ?",
            [.text(certificate.host), .instant(change.now)]
        )
        try transaction.execute(
            "INSERT INTO certificate (serial, host, not_after, issued_at, revoked_at, key) VALUES (?, ?, ?, ?, ?, ?)",
            [
                .text(certificate.serial), .text(certificate.host), .instant(certificate.notAfter),
                .instant(certificate.issuedAt), .instant(orNull: certificate.revokedAt),
                .digest(orNull: certificate.key),
            ]
        )
    }

    private func refused(_ code: FleetStoreError.Code, _ hash: Digest, _ why: String) -> FleetStoreError {
        FleetStoreError(
            code,
            what: "the enrolment token was refused",
            where: "token with hash \(hash.short)…",
            why: why,
            next: "make a new one with `muster host token create`, and enrol with it"
        )
    }
}
