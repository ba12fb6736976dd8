import Synchronization

/// A certificate that is newer than the one on the disk, until it is written: a full disk must not cost a host its identity.
final class HeldCertificate: Sendable {
    private let held = Mutex<String?>(nil)

    /// PEM; `nil` while the disk has the newest.
    var pem: String? { held.withLock { $0 } }

    func hold(_ pem: String) { held.withLock { $0 = pem } }

    /// The disk has it, unless a newer one came meanwhile.
    func written(_ pem: String) {
        held.withLock { if $0 == pem { $0 = nil } }
    }
}
