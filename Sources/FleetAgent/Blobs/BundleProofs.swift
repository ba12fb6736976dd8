import Fleet
import Synchronization

/// When each bundle was last seen whole by this process, every byte hashed.
final class BundleProofs: Sendable {
    private let instants = Mutex<[Digest: (steady: Span, at: Instant)]>([:])

    /// A bundle was seen whole.
    func seen(_ bundle: Digest, steady: Span, at now: Instant) {
        instants.withLock { $0[bundle] = (steady, now) }
    }

    /// It is not, or may not be any more.
    func forget(_ bundle: Digest) { instants.withLock { $0[bundle] = nil } }

    /// When it was last seen whole, on both clocks.
    subscript(bundle: Digest) -> (steady: Span, at: Instant)? { instants.withLock { $0[bundle] } }
}
