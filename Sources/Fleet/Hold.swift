/// A lasting statement that a revision, and every other with the same written content, is condemned. Only a person lifts it.
package struct Hold: Hashable, Sendable, Codable {
    /// Unique.
    package var id: String
    /// The uid of the deployment whose revision is condemned.
    package var deployment: String
    /// The condemned revision.
    package var revision: RevisionReference
    /// Who said so.
    package var actor: String
    /// Why.
    package var reason: String
    /// Since when.
    package var since: Instant

    /// A hold.
    package init(
        id: String,
        deployment: String,
        revision: RevisionReference,
        actor: String,
        reason: String,
        since: Instant
    ) {
        self.id = id
        self.deployment = deployment
        self.revision = revision
        self.actor = actor
        self.reason = reason
        self.since = since
    }

    /// Whether it condemns a revision: by its digest, or by the same written content.
    package func condemns(_ other: RevisionReference) -> Bool {
        revision.digest == other.digest || revision.written == other.written
    }
}

extension Sequence<Hold> {
    /// The first hold that condemns a revision.
    package func condemning(_ revision: RevisionReference) -> Hold? {
        first { $0.condemns(revision) }
    }

    /// The first hold that condemns a written content.
    package func condemning(written: Digest) -> Hold? {
        first { $0.revision.written == written }
    }
}
