import Glibc

/// A log that is open for reading; closed when nobody holds it.
final class LogFile: Sendable {
    private let descriptor: Int32
    /// Which file it is, whatever its name becomes.
    let identity: UInt64

    /// Opens a log; `nil` when there is none.
    ///
    /// - Throws: `files`.
    init?(path: String) throws(AgentError) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            guard errno == ENOENT else { throw FileAccess.failure("read", path) }
            return nil
        }
        descriptor = file
        var status = stat()
        guard fstat(file, &status) == 0 else { throw FileAccess.failure("read", path) }
        identity = UInt64(status.st_ino)
    }

    deinit { close(descriptor) }

    /// Which file has a name now; `nil` when there is none.
    static func identity(of path: String) -> UInt64? {
        var status = stat()
        return lstat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    /// Its length now, in bytes.
    var size: Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Up to `count` bytes from a place on; none at the end, and none where the disk fails.
    func read(at offset: Int64, count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            repeat {
                filled = unsafe pread(descriptor, buffer.baseAddress, count, off_t(offset))
            } while filled < 0 && errno == EINTR
            filled = max(0, filled)
        }
    }

    /// Does something while the shim cannot rotate this log: it takes the same lock, and comes back when it is busy. A lock
    /// that somebody else keeps for 200 ms is not waited for. Blocks so long at most.
    func whileStill<Value>(_ body: () throws(AgentError) -> Value) throws(AgentError) -> Value {
        var tries = 0
        while flock(descriptor, LOCK_SH | LOCK_NB) != 0, tries < 20 {
            tries += 1
            usleep(10_000)
        }
        defer { flock(descriptor, LOCK_UN) }
        return try body()
    }
}
