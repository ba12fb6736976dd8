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
    /// The id of the rollback that made it; `nil` for a hold that a person made by itself.
    package var rollback: String?
    /// The ids of the hosts that it holds on, sorted; `nil` for everywhere. Never told to a host: an item carries only the
    /// holds that hold there.
    package var hosts: [String]?

    /// A hold.
    package init(
        id: String,
        deployment: String,
        revision: RevisionReference,
        actor: String,
        reason: String,
        since: Instant,
        rollback: String? = nil,
        hosts: [String]? = nil
    ) {
        self.id = id
        self.deployment = deployment
        self.revision = revision
        self.actor = actor
        self.reason = reason
        self.since = since
        self.rollback = rollback
        self.hosts = hosts
    }

    /// Whether it holds on a host, by its id.
    package func applies(to host: String) -> Bool {
        guard let hosts else { return true }
        let index = hosts.partitionedIndex { $0 >= host }
        return index < hosts.endIndex && hosts[index] == host
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

extension Array {
    /// The first index from which on a condition is met, in an array that is sorted by it; binary search.
    fileprivate func partitionedIndex(where isLater: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if isLater(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
