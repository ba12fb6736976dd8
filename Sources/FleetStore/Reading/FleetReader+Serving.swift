package import Fleet
import StoreDriver

/// The serving history: which host served which revision from when to when, by the hosts' clocks.
extension FleetReader {
    /// Which revisions a deployment's hosts served from when to when, oldest first; of one host or of all.
    package func servingHistory(of deployment: String, host: String? = nil) throws -> [ServingSpan] {
        var references = References()
        return try transaction.rows(
            "SELECT * FROM serving WHERE deployment = ?1 AND (?2 IS NULL OR host = ?2) ORDER BY id",
            [.text(deployment), .text(orNull: host)]
        ).map { try references.span($0) }
    }

    /// What a host served from when to when, of every deployment, the newest first.
    package func servingHistory(ofHost host: String, limit: Int) throws -> [ServingSpan] {
        var references = References()
        return try transaction.rows(
            "SELECT * FROM serving WHERE host = ? ORDER BY id DESC LIMIT ?",
            [.text(host), .int(limit)]
        ).map { try references.span($0) }
    }

    /// What a host served of a deployment last, and when that began and ended; of one revision.
    func lastServing(_ digest: Digest, of deployment: String, on host: String) throws -> ServingSpan? {
        var references = References()
        return try transaction.row(
            "SELECT * FROM serving WHERE deployment = ? AND host = ? AND digest = ? ORDER BY id DESC LIMIT 1",
            [.text(deployment), .text(host), .digest(digest)]
        ).map { try references.span($0) }
    }

    /// The hosts that served a version of a model at a time, or serve it now as far as is known; in no order.
    ///
    /// - Parameters:
    ///   - version: `nil` for every version.
    ///   - at: `nil` for now.
    package func serving(model: String, version: String? = nil, at: Instant? = nil) throws -> [ServingSpan] {
        try serving(
            "SELECT digest, max(written) AS written FROM revision "
                + "WHERE model = ?1 AND (?2 IS NULL OR version = ?2) GROUP BY digest",
            [.text(model), .text(orNull: version)],
            at: at
        )
    }

    /// What each host served of a deployment at a time, by the host's id.
    package func serving(of deployment: String, at: Instant) throws -> [String: RevisionReference] {
        let spans = try serving(
            "SELECT digest, max(written) AS written FROM revision WHERE deployment = ?1 AND ?2 IS NULL GROUP BY digest",
            [.text(deployment), .null],
            at: at
        )
        return spans.filter { $0.deployment == deployment }
            .reduce(into: [:]) { $0[$1.host] = $1.revision }
    }

    private func serving(_ digests: String, _ arguments: [StoreValue], at: Instant?) throws -> [ServingSpan] {
        let levels = at == nil ? "(\(ServingLevel.open), 0)" : ServingLevel.values
        let when =
            at == nil
            ? "?3 IS NULL"
            : "serving.since <= ?3 AND serving.since > ?3 - length.width "
                + "AND (serving.until > ?3 OR serving.until IS NULL)"
        var written: [String: Digest] = [:]
        for row in try transaction.rows(digests, arguments) {
            written[try row.text("digest")] = try row.digest("written")
        }
        var references: [Int64: [String: RevisionReference]] = [:]
        return try transaction.rows(
            """
            WITH wanted (digest, written) AS (\(digests)), length (level, width) AS (VALUES \(levels))
            SELECT serving.host, serving.deployment, serving.revision, serving.digest, serving.since, serving.until
            FROM wanted CROSS JOIN length CROSS JOIN serving
            WHERE serving.digest = wanted.digest AND serving.level = length.level AND \(when)
            """,
            arguments + [.instant(orNull: at)]
        ).map { row in
            let (number, text) = (try row.integer("revision"), try row.text("digest"))
            let known = references[number]?[text]
            let digest = try known?.digest ?? row.digest("digest")
            let revision =
                try known
                ?? RevisionReference(
                    number: try row.number("revision"),
                    digest: digest,
                    written: written[text] ?? digest
                )
            if known == nil { references[number, default: [:]][text] = revision }
            return ServingSpan(
                host: try row.text("host"),
                deployment: try row.text("deployment"),
                revision: revision,
                since: try row.instant("since"),
                until: try row.instantOrNull("until")
            )
        }
    }

    /// Reads each digest once, however many hosts served it.
    private struct References {
        private struct Key: Hashable {
            var number: Int64
            var digest: String
        }

        private var known: [Key: RevisionReference] = [:]

        mutating func span(_ row: StoreRow) throws -> ServingSpan {
            let key = Key(number: try row.integer("revision"), digest: try row.text("digest"))
            let revision = try known[key] ?? row.revisionReference()
            known[key] = revision
            return ServingSpan(
                host: try row.text("host"),
                deployment: try row.text("deployment"),
                revision: revision,
                since: try row.instant("since"),
                until: try row.instantOrNull("until")
            )
        }
    }
}
