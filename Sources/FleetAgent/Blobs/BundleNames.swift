import Fleet
import ReplicaLifecycle

/// The bundles of revisions: a revision never changes, so each is read once.
struct BundleNames {
    private var bundles: [Digest: [Digest]] = [:]

    /// Nothing was read.
    init() {}

    /// What records say about bundles.
    mutating func keep(_ records: [ReplicaRecord]) -> BundleKeep {
        let revisions = records.flatMap(\.revisions)
        let named = Set(revisions.map(\.digest))
        bundles = bundles.filter { named.contains($0.key) }
        for revision in revisions where bundles[revision.digest] == nil {
            bundles[revision.digest] = try? JSONCoding.content(of: revision).bundles
        }
        return BundleKeep(records) { bundles[$0.digest] }
    }
}
