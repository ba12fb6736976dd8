import Glibc
import Synchronization

/// One controller at a time in a data directory: held by the kernel until it is released or the process ends.
///
/// The store's term would fence the older of two as well, but only after it had been running; a second start by mistake must
/// not take a fleet away from the controller that runs.
final class ControllerLock: Sendable {
    private let file: Mutex<Int32>

    /// Takes the lock. Throws `conflict` when another process has it.
    init(directory: String) throws(ControllerError) {
        let path = "\(directory)/lock"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ControllerError(
                .unavailable,
                "\(path) could not be opened: errno \(errno)",
                hint: "give a directory that this user may write to: --data DIR"
            )
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw ControllerError(
                .conflict,
                "another muster-controller runs with the data directory \(directory)",
                hint: "stop it first, or choose another: --data DIR"
            )
        }
        file = Mutex(descriptor)
    }

    /// Gives it back; a second call does nothing.
    func release() {
        file.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }

    deinit { release() }
}
