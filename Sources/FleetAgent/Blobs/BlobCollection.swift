import Fleet

/// Which files may go, as a pure rule over what stands on disk and what the records say.
///
/// Bundles go, the one that was of use longest ago first; a blob goes with the last bundle that names it. What no record
/// names goes at once; the rest goes only for the quota; what must stay never goes.
struct BlobCollection {
    /// A bundle on disk: its directory, its list, or both.
    struct Bundle {
        let digest: Digest
        /// The blobs that it names, its list among them; `nil` when the list cannot be read.
        let blobs: Set<Digest>?
        /// What its directory takes beside its blobs, in bytes.
        let bytes: Int64
        let lastUse: Instant
    }

    /// What goes, and what that leaves.
    struct Plan: Hashable, Sendable {
        var bundles: [Digest] = []
        var blobs: [Digest] = []
        var partials: [Digest] = []
        /// Bytes that the files take once these are gone.
        var bytes: Int64 = 0
    }

    let bundles: [Bundle]
    /// Whole blobs, by size in bytes.
    let blobs: [Digest: Int64]
    /// Blobs that have come in part, by size in bytes.
    let partials: [Digest: Int64]
    /// Blobs that are being fetched or about to be used.
    let claimed: Set<Digest>
    let keep: BundleKeep

    /// All bytes together.
    var bytes: Int64 {
        bundles.reduce(0) { $0 + $1.bytes } + blobs.values.reduce(0, +) + partials.values.reduce(0, +)
    }

    /// What goes, so that no more than `allowance` bytes stay, if that can be.
    func plan(allowance: Int64) -> Plan {
        // Blobs of a bundle that must stay and whose list is damaged cannot be told from what nobody needs.
        let isReadable = bundles.allSatisfy { $0.blobs != nil || !keep.mustStay.contains($0.digest) }
        guard keep.isComplete, isReadable else { return Plan(bytes: bytes) }
        var plan = Plan(bytes: bytes)
        var uses = claimed.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        for bundle in bundles {
            for blob in bundle.blobs ?? [] { uses[blob, default: 0] += 1 }
        }
        for blob in blobs.keys where uses[blob] == nil { plan.take(blob: blob, self) }
        for blob in partials.keys where uses[blob] == nil { plan.take(partial: blob, self) }
        let going = bundles.filter { !keep.mustStay.contains($0.digest) && !claimed.contains($0.digest) }
            .sorted { ($0.lastUse, $0.digest) < ($1.lastUse, $1.digest) }
        for bundle in going where !keep.mayStay.contains(bundle.digest) { plan.take(bundle, self, &uses) }
        for bundle in going where keep.mayStay.contains(bundle.digest) && plan.bytes > allowance {
            plan.take(bundle, self, &uses)
        }
        return plan
    }
}

extension BlobCollection.Plan {
    fileprivate mutating func take(blob: Digest, _ collection: BlobCollection) {
        blobs.append(blob)
        bytes -= collection.blobs[blob] ?? 0
    }

    fileprivate mutating func take(partial: Digest, _ collection: BlobCollection) {
        partials.append(partial)
        bytes -= collection.partials[partial] ?? 0
    }

    fileprivate mutating func take(
        _ bundle: BlobCollection.Bundle,
        _ collection: BlobCollection,
        _ uses: inout [Digest: Int]
    ) {
        bundles.append(bundle.digest)
        bytes -= bundle.bytes
        for blob in bundle.blobs ?? [] {
            uses[blob, default: 1] -= 1
            guard uses[blob] == 0 else { continue }
            if collection.blobs[blob] != nil { take(blob: blob, collection) }
            if collection.partials[blob] != nil { take(partial: blob, collection) }
        }
    }
}
