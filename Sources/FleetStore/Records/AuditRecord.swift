package import Fleet

/// One change of desired state: who, why, when, what before and after, chained by hashes.
package struct AuditRecord: Sendable, Hashable {
    /// The hash before the first record.
    static let genesis = "sha256:" + String(repeating: "0", count: 64)

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
    /// The object's kind.
    package var kind: ObjectKind
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

    /// What `hash` must be.
    package var expectedHash: String {
        var fields: [String: JSONValue] = [
            "sequence": .string(String(sequence)),
            "at": .string(String(at.milliseconds)),
            "actor": .string(actor),
            "verb": .string(verb),
            "project": .string(FleetDatabase.project),
            "kind": .string(kind.rawValue),
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
