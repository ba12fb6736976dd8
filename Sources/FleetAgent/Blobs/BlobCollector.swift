import DaemonKit
import Fleet
import Logging
import NIOPosix
import Synchronization

/// Removes files that may go, and refuses bundles for which there is no room: the owner of `BlobCollection`.
///
/// A name is moved away at once and what it named is removed after, so that a crash leaves no half of anything. Whoever
/// makes a bundle claims its blobs first; a claim, and a new word on what must stay, end a collection that was planned
/// before it.
final class BlobCollector: Sendable {
    /// What must stay free for the journal and the logs, in bytes.
    static let reserve: Int64 = 64 << 20
    /// One collection at a time.
    private static let turn = Digest(of: [])

    private struct State {
        var keep = BundleKeep.unknown
        var claims: [Digest: BundleClaim] = [:]
        var uses: BundleUses?
        /// Rises with each new word and each claim.
        var generation: UInt64 = 0

        func isClaimed(_ digest: Digest) -> Bool {
            claims[digest] != nil || claims.values.contains { $0.blobs[digest] != nil }
        }
    }

    /// What a collection has left.
    private struct Result {
        var used: Int64
        var expected: Int64
        var limit: Int64
        var free: Int64
    }

    private let files: AgentFiles
    private let disk: any AgentDisk
    private let quota: BlobQuota
    private let time: TimeSource
    private let logger: Logger
    private let turns = BlobTurns()
    private let state = Mutex(State())

    init(files: AgentFiles, disk: any AgentDisk, quota: BlobQuota, time: TimeSource, logger: Logger) {
        self.files = files
        self.disk = disk
        self.quota = quota
        self.time = time
        self.logger = logger
    }

    /// The journal's newest word. It holds at once; `collect` acts on it.
    func keep(_ keep: BundleKeep) {
        state.withLock { state in
            state.generation += 1
            state.keep = keep
        }
    }

    /// A bundle is about to be made.
    func claim(_ bundle: Digest, _ claim: BundleClaim) {
        state.withLock { state in
            state.generation += 1
            state.claims[bundle] = claim
        }
    }

    /// A bundle is made, or given up.
    func release(_ bundle: Digest) { state.withLock { $0.claims[bundle] = nil } }

    /// Removes what may go.
    func collect() async {
        do {
            _ = try await run()
        } catch {
            logger.warning("files that nobody needs were not removed", metadata: ["why": "\(error)"])
        }
    }

    /// Makes room for what is claimed.
    ///
    /// - Throws: `refused` when the quota or the disk does not have it; `files` when the disk cannot be read.
    func makeRoom(for bundle: Digest) async throws {
        let result = try await run()
        let claim = state.withLock { $0.claims[bundle] } ?? BundleClaim(of: bundle)
        let needed = claim.blobs.values.reduce(claim.copies, +)
        let size = ByteQuantity(bytes: needed).readable
        guard result.used + result.expected <= result.limit else {
            let over = ByteQuantity(bytes: result.used + result.expected - result.limit).readable
            throw AgentError(
                .refused,
                "the \(claim.name) (\(size)) does not fit into the quota for models at \(files.directory): it is "
                    + "\(ByteQuantity(bytes: result.limit).readable) (--blob-quota \(quota)), what serves and the ways "
                    + "back take \(ByteQuantity(bytes: result.used).readable), \(over) are missing; nothing was changed: "
                    + "raise --blob-quota, or delete a deployment from this host"
            )
        }
        guard result.expected + Self.reserve <= result.free else {
            throw AgentError(
                .refused,
                "the disk at \(files.directory) has \(ByteQuantity(bytes: result.free).readable) left, and the "
                    + "\(claim.name) (\(size)) needs \(ByteQuantity(bytes: result.expected + Self.reserve).readable) with the reserve; "
                    + "nothing was changed: free some space"
            )
        }
    }

    private func run() async throws -> Result {
        try await turns.take(Self.turn) {
            while true {
                let result = try await NIOThreadPool.singleton.runIfActive { try self.pass() }
                if let result { return result }
                try Task.checkCancellation()
            }
        }
    }

    /// One collection; `nil` when it was overtaken.
    private func pass() throws(AgentError) -> Result? {
        empty()
        let now = time.now()
        let (keep, claims, generation, known) = state.withLock { ($0.keep, $0.claims, $0.generation, $0.uses) }
        var uses = known ?? BundleUses(bytes: (try? disk.read(files.bundleUses)) ?? [])
        for bundle in keep.mustStay { uses.used(bundle, at: now) }
        let inventory = try BlobInventory(files, on: disk, keep: keep, uses: uses)
        uses.forget(except: Set(inventory.bundles.map(\.digest)).union(keep.mustStay))
        let collection = BlobCollection(
            bundles: inventory.bundles,
            blobs: inventory.blobs,
            partials: inventory.partials,
            claimed: Set(claims.flatMap { $0.value.blobs.keys }),
            keep: keep
        )
        let expected = BundleClaim.missing(claims.values, blobs: inventory.blobs, partials: inventory.partials)
        let free = try self.free()
        let limit = quota.limit(used: collection.bytes, free: free)
        let plan = collection.plan(allowance: limit - expected)
        guard perform(plan, inventory, generation) else { return nil }
        remember(uses)
        return Result(
            used: plan.bytes,
            expected: expected,
            limit: limit,
            free: free + collection.bytes - plan.bytes
        )
    }

    /// Moves all of it away, then removes it; `false` when it was overtaken.
    private func perform(
        _ plan: BlobCollection.Plan,
        _ inventory: BlobInventory,
        _ generation: UInt64
    ) -> Bool {
        defer { empty() }
        let keep = state.withLock(\.keep)
        for stray in inventory.strays where keep.isComplete {
            // What of a kept runtime cannot be read may be in use: it is mended where it stands.
            let isKept = stray.bundle.map(keep.mustStay.contains) ?? false
            guard !isKept || !stray.path.hasPrefix("\(files.runtimes)/") else { continue }
            guard move(stray.path, stray.bundle, generation) else { return false }
        }
        for bundle in plan.bundles {
            guard move("\(files.models)/\(bundle.hex)", bundle, generation) else { return false }
            for name in inventory.installations[bundle] ?? [] {
                guard move("\(files.runtimes)/\(name)", bundle, generation) else { return false }
            }
            logger.info("bundle removed", metadata: ["bundle": "\(bundle)"])
        }
        for blob in plan.blobs {
            guard move("\(files.blobs)/\(blob.hex)", blob, generation) else { return false }
        }
        for blob in plan.partials {
            guard move("\(files.partialBlobs)/\(blob.hex)", blob, generation) else { return false }
        }
        return true
    }

    /// Moves a name away, unless somebody needs it; `false` when the plan is not the newest any more.
    private func move(_ path: String, _ digest: Digest?, _ generation: UInt64) -> Bool {
        state.withLock { state in
            guard state.generation == generation else { return false }
            if let digest, state.isClaimed(digest) { return true }
            do {
                try disk.rename(path, to: "\(files.removed)/\(path.split(separator: "/").last ?? "")")
            } catch {
                // Gone already, or on another file system than the rest.
                disk.remove(path)
            }
            return true
        }
    }

    /// Removes what was moved away, now or before a crash.
    private func empty() {
        for name in (try? disk.names(in: files.removed)) ?? [] { disk.remove("\(files.removed)/\(name)") }
    }

    private func remember(_ uses: BundleUses) {
        let hasChanged = state.withLock { state in
            defer { state.uses = uses }
            return state.uses != uses
        }
        // Lost, it costs a fetch: that is no reason to fail.
        if hasChanged { try? disk.replace(files.bundleUses, with: uses.bytes) }
    }

    private func free() throws(AgentError) -> Int64 {
        do {
            return try disk.free(at: files.models)
        } catch {
            throw error.error("read", files.models)
        }
    }
}
