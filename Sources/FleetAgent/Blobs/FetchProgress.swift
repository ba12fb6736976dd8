import Fleet
import Synchronization

/// How far bundles are on their way here: what was verified, and what has come of the file that is on its way, in bytes.
/// Whoever waits for the same bundle or blob sees the same.
final class FetchProgress: Sendable {
    private struct Bundle {
        /// Bytes of files that are here.
        var done: Int64 = 0
        /// Bytes of the file on disk that is being read.
        var read: Int64 = 0
        /// The blob that is on its way.
        var blob: Digest?
    }

    private struct State {
        var bundles: [Digest: Bundle] = [:]
        var blobs: [Digest: Int64] = [:]
    }

    private let state = Mutex(State())

    /// Bytes of a bundle that are here; `nil` while nobody looks after it.
    subscript(bundle: Digest) -> Int64? {
        state.withLock { state in
            state.bundles[bundle].map { $0.done + $0.read + ($0.blob.flatMap { state.blobs[$0] } ?? 0) }
        }
    }

    /// A bundle is looked after.
    func began(_ bundle: Digest) { state.withLock { $0.bundles[bundle] = Bundle() } }

    /// So much of one of its files was read and hashed.
    func read(_ bytes: Int64, of bundle: Digest) { state.withLock { $0.bundles[bundle]?.read = bytes } }

    /// It waits for a blob.
    func waits(_ bundle: Digest, for blob: Digest) { state.withLock { $0.bundles[bundle]?.blob = blob } }

    /// One of its files is here, of so many bytes.
    func finished(_ bytes: Int64, of bundle: Digest) {
        state.withLock { state in
            guard let done = state.bundles[bundle]?.done else { return }
            state.bundles[bundle] = Bundle(done: done + bytes)
        }
    }

    /// It is here, or was given up.
    func ended(_ bundle: Digest) { state.withLock { $0.bundles[bundle] = nil } }

    /// So much of a blob is here.
    func arrived(_ bytes: Int64, of blob: Digest) { state.withLock { $0.blobs[blob] = bytes } }

    /// Nobody waits for a blob any more.
    func left(_ blob: Digest) { state.withLock { $0.blobs[blob] = nil } }
}
