import Glibc

/// Held while the table and its file change: by an agent, or by what restores rules for it.
final class EndpointLock: Sendable {
    private let file: Int32

    /// Throws `files` when there is no place for it.
    ///
    /// - Parameter path: the endpoints' file; the lock stands beside it.
    init(path: String) throws(AgentError) {
        // Kept open: a disk that has become full or read-only must not stop a switch.
        file = open("\(path).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileAccess.failure("write", "\(path).lock") }
    }

    deinit { close(file) }

    /// Waits, some milliseconds, until no other process has it; blocks.
    func locked<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        while flock(file, LOCK_EX) != 0, errno == EINTR {}
        defer { flock(file, LOCK_UN) }
        return try body()
    }
}
