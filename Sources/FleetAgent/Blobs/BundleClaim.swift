import Fleet

/// What a bundle that is being made needs, and collection must leave alone meanwhile.
struct BundleClaim: Hashable, Sendable {
    /// The blobs, by size in bytes; before its list is here the list alone.
    var blobs: [Digest: Int64]
    /// What its directory will take beside them, in bytes.
    var copies: Int64 = 0
    /// What is being made, for people.
    var name = "model"

    /// A bundle whose list is not here.
    init(of bundle: Digest) {
        blobs = [bundle: 0]
    }

    /// A bundle whose list is here.
    init(of bundle: Digest, _ list: BundleList, hasDirectory: Bool) {
        blobs = [bundle: 0]
        for file in list.files {
            blobs[file.digest] = file.size
            if !hasDirectory, !file.sharesBlob { copies += file.size }
        }
    }

    /// An environment that is being made of wheels that are here.
    ///
    /// - Parameter bytes: what it will take at most.
    init(environmentOf bundle: Digest, _ list: BundleList, bytes: Int64) {
        self.init(of: bundle, list, hasDirectory: true)
        copies = bytes
        name = "runtime's environment"
    }

    /// Bytes that are still to come, for all claims together: what they share comes once.
    static func missing(
        _ claims: some Sequence<BundleClaim>,
        blobs here: [Digest: Int64],
        partials: [Digest: Int64]
    ) -> Int64 {
        var sizes: [Digest: Int64] = [:]
        var copies: Int64 = 0
        for claim in claims {
            sizes.merge(claim.blobs) { max($0, $1) }
            copies += claim.copies
        }
        return sizes.reduce(copies) { sum, blob in
            here[blob.key] != nil ? sum : sum + max(0, blob.value - (partials[blob.key] ?? 0))
        }
    }
}

extension BundleList.File {
    /// Whether its directory holds the blob itself: a mode belongs to the file and not to its name, so only the common one
    /// can be shared.
    var sharesBlob: Bool { mode == 0o644 }
}
