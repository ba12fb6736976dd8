package import Fleet
import StoreDriver

extension FleetWriter {
    /// Stores which key a certificate binds, where that is not known. No revision, no audit.
    package func bindKey(_ key: Digest, serial: String) throws {
        try transaction.execute(
            "UPDATE certificate SET key = ? WHERE serial = ? AND key IS NULL",
            [.digest(key), .text(serial)]
        )
    }

    /// Enters into the audit, and so into the events, that something with a host's identity was refused.
    package func auditClone(ofHost id: String, why: String) throws {
        guard let host = try reader.host(id)?.host else { return }
        try enterAudit(
            "quarantine",
            .host,
            name: host.name,
            revision: head.revision,
            before: nil,
            after: nil,
            actor: change.actor,
            reason: why
        )
        try saveHead()
    }

    /// Enters something about a host's identity into the audit that changes no object, so it takes no revision.
    ///
    /// - Parameters:
    ///   - name: the host's name.
    ///   - facts: for people.
    package func auditIdentity(_ verb: String, ofHost name: String, facts: [String: String]) throws {
        try enterAudit(
            verb,
            .host,
            name: name,
            revision: head.revision,
            before: nil,
            after: try StoredJSON.text(facts)
        )
        try saveHead()
    }
}
