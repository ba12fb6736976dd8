package import Fleet
import StoreDriver

extension FleetReader {
    /// The operator whose token has this hash, unless it was revoked; expired ones too.
    package func operatorToken(hash: Digest) throws -> OperatorRecord? {
        try transaction.row("SELECT * FROM operator_token WHERE hash = ? AND revoked_at IS NULL", [.digest(hash)])
            .map { try operatorRecord($0) }
    }

    /// All operators whose token was not revoked; expired ones too.
    package func operatorTokens() throws -> [OperatorRecord] {
        try transaction.rows("SELECT * FROM operator_token WHERE revoked_at IS NULL ORDER BY name, created_at")
            .map { try operatorRecord($0) }
    }

    /// The enrolment tokens that were made after an instant, newest first, whatever became of them.
    package func enrolmentTokens(since instant: Instant, limit: Int) throws -> [EnrolmentTokenRecord] {
        try transaction.rows(
            "SELECT * FROM enrolment_token WHERE created_at >= ? ORDER BY created_at DESC, hash LIMIT ?",
            [.instant(instant), .int(limit)]
        ).map { try enrolmentToken($0) }
    }

    /// An enrolment token by its hash, used and expired ones too.
    package func enrolmentToken(hash: Digest) throws -> EnrolmentTokenRecord? {
        try transaction.row("SELECT * FROM enrolment_token WHERE hash = ?", [.digest(hash)])
            .map { try enrolmentToken($0) }
    }

    /// What a request that changed something held, by its mark's name; `nil` where none was made since then.
    package func request(named name: Digest, since: Instant) throws -> Digest? {
        try transaction.row(
            "SELECT request FROM request_mark WHERE name = ? AND at >= ?",
            [.digest(name), .instant(since)]
        )?
        .digest("request")
    }

    /// A certificate by its serial number.
    package func certificate(serial: String) throws -> CertificateRecord? {
        try transaction.row("SELECT * FROM certificate WHERE serial = ?", [.text(serial)])
            .map { try certificate($0) }
    }

    /// The certificates of a host, oldest first.
    package func certificates(of host: String) throws -> [CertificateRecord] {
        try transaction.rows("SELECT * FROM certificate WHERE host = ? ORDER BY issued_at, serial", [.text(host)])
            .map { try certificate($0) }
    }

    /// When the newest certificate ends that a host has and nobody revoked, by the host's id.
    package func certificateEnds() throws -> [String: Instant] {
        let rows = try transaction.rows(
            "SELECT host, MAX(not_after) AS ends FROM certificate WHERE revoked_at IS NULL GROUP BY host",
            []
        )
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.text("host"), try $0.instant("ends")) })
    }

    /// The ids of hosts that have a certificate which has not ended and binds a key that is not known.
    package func hostsWithUnknownKey(at now: Instant) throws -> Set<String> {
        let rows = try transaction.rows(
            "SELECT DISTINCT host FROM certificate WHERE key IS NULL AND not_after >= ?",
            [.instant(now)]
        )
        return Set(try rows.map { try $0.text("host") })
    }

    private func operatorRecord(_ row: StoreRow) throws -> OperatorRecord {
        OperatorRecord(
            hash: try row.digest("hash"),
            name: try row.text("name"),
            role: try row.word("role"),
            createdAt: try row.instant("created_at"),
            createdBy: try row.text("created_by"),
            expiresAt: try row.instantOrNull("expires_at")
        )
    }

    private func enrolmentToken(_ row: StoreRow) throws -> EnrolmentTokenRecord {
        var use: EnrolmentTokenRecord.Use?
        if let at = try row.instantOrNull("used_at") {
            use = EnrolmentTokenRecord.Use(at: at, host: try row.text("used_by"))
        }
        return EnrolmentTokenRecord(
            hash: try row.digest("hash"),
            labels: try row.json("labels"),
            createdAt: try row.instant("created_at"),
            createdBy: try row.text("created_by"),
            expiresAt: try row.instant("expires_at"),
            use: use,
            revokedAt: try row.instantOrNull("revoked_at")
        )
    }

    private func certificate(_ row: StoreRow) throws -> CertificateRecord {
        CertificateRecord(
            serial: try row.text("serial"),
            host: try row.text("host"),
            notAfter: try row.instant("not_after"),
            issuedAt: try row.instant("issued_at"),
            revokedAt: try row.instantOrNull("revoked_at"),
            key: try row.digestOrNull("key")
        )
    }
}
