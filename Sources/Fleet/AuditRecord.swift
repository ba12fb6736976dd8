/// One change of desired state: who, why, when, what before and after, chained by hashes.
///
/// Whoever has all records can prove by themselves that none was changed, removed or put in: see ``AuditChain``.
package struct AuditRecord: Sendable, Hashable, Codable {
    /// Counts from 1, without gaps.
    package var sequence: UInt64
    /// When.
    package var at: Instant
    /// Who.
    package var actor: String
    /// Why, in the actor's words.
    package var reason: String?
    /// What was done: `create`, `update`, `delete`, `hold`, `lift`, …
    package var verb: String
    /// The object's project.
    package var project: String
    /// The object's kind, as people write it: `Deployment`.
    package var kind: String
    /// The object's name.
    package var name: String
    /// The store's revision with the change.
    package var revision: UInt64
    /// JSON of the object before; `nil` when there was none.
    package var before: String?
    /// JSON of the object after; `nil` when there is none.
    package var after: String?
    /// The hash of the record before this one.
    package var previousHash: String
    /// The hash of this record: SHA-256 of the RFC 8785 JSON of all the fields above.
    package var hash: String

    /// A record of the audit.
    package init(
        sequence: UInt64,
        at: Instant,
        actor: String,
        reason: String?,
        verb: String,
        project: String,
        kind: String,
        name: String,
        revision: UInt64,
        before: String?,
        after: String?,
        previousHash: String,
        hash: String
    ) {
        self.sequence = sequence
        self.at = at
        self.actor = actor
        self.reason = reason
        self.verb = verb
        self.project = project
        self.kind = kind
        self.name = name
        self.revision = revision
        self.before = before
        self.after = after
        self.previousHash = previousHash
        self.hash = hash
    }

    /// What `hash` must be.
    package var expectedHash: String {
        var fields: [String: JSONValue] = [
            "sequence": .string(String(sequence)),
            "at": .string(String(at.milliseconds)),
            "actor": .string(actor),
            "verb": .string(verb),
            "project": .string(project),
            "kind": .string(kind),
            "name": .string(name),
            "revision": .string(String(revision)),
            "previousHash": .string(previousHash),
        ]
        fields["reason"] = reason.map { .string($0) }
        fields["before"] = before.map { .string($0) }
        fields["after"] = after.map { .string($0) }
        return Digest(of: JSONValue.object(fields).canonicalBytes).description
    }
}
