import Fleet
import ReplicaLifecycle

/// What the journal's records say about bundles: which must stay, which may stay, and whether that is all.
struct BundleKeep: Hashable, Sendable {
    /// Never taken: DESIGN §1.
    var mustStay: Set<Digest>
    /// Named by a record: kept while the quota lasts. What no record names goes.
    var mayStay: Set<Digest>
    /// Whether every bundle that is in use is known; otherwise nothing may go.
    var isComplete: Bool

    /// Before the journal was read: nothing may go.
    static let unknown = BundleKeep(isComplete: false)

    /// So much is said.
    init(mustStay: Set<Digest> = [], mayStay: Set<Digest> = [], isComplete: Bool = true) {
        self.mustStay = mustStay
        self.mayStay = mayStay.union(mustStay)
        self.isComplete = isComplete
    }

    /// What records say.
    ///
    /// - Parameter bundlesOf: the bundles of a revision; `nil` when the revision cannot be read.
    init(_ records: some Sequence<ReplicaRecord>, bundlesOf: (Revision) -> [Digest]?) {
        self.init()
        for record in records {
            let protected = Set(record.protectedRevisions.map(\.digest))
            var found = 0
            for revision in record.revisions {
                let isProtected = protected.contains(revision.digest)
                if isProtected { found += 1 }
                guard let bundles = bundlesOf(revision) else {
                    isComplete = false
                    continue
                }
                mayStay.formUnion(bundles)
                if isProtected { mustStay.formUnion(bundles) }
            }
            // A revision without its bytes names files that nobody can tell.
            if found < protected.count { isComplete = false }
        }
    }
}
