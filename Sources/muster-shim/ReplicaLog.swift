import CProcess
import Glibc

/// The model server's log, kept within a bound while it is written: `NAME`, `NAME.1` and `NAME.2`, the oldest last.
///
/// The model server has the file open and appends to it; nobody else holds that descriptor. So the file stays: its
/// beginning is copied to `NAME.1` and then taken out of it by the file system, under the lock that appending takes too.
/// Nothing is lost, and the three files put together are what was written. Where the file system cannot do that (tmpfs,
/// btrfs), the file is copied and cut to nothing: what is written between the two is lost, and a line says so.
struct ReplicaLog {
    /// How often its length is looked at, in milliseconds: so much output may stand beyond the bound.
    static let interval: Int64 = 2000
    private static let page: Int64 = 4096

    private let path: String
    private let limit: Int64

    /// A log that is rotated when it is longer than `limit` bytes.
    init(path: String, limit: Int64) {
        self.path = path
        self.limit = limit
    }

    /// Rotates when it is time.
    func check() {
        let file = open(path, O_RDWR | O_APPEND | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        // Two replicas of one deployment, while one takes over from the other, have one log.
        guard flock(file, LOCK_EX | LOCK_NB) == 0, let size = Self.size(of: file), size > limit else { return }
        let end = (size - 1) / Self.page * Self.page
        // What came beyond the bound within one interval is kept, up to as much again.
        let first = max(0, end - 2 * limit)
        let isKept = end > 0 && keep(file, first..<end)
        if first > 0 || !isKept {
            let lost = isKept ? first : end
            note(
                "\(lost) bytes of the log are not kept: \(isKept ? "they came too fast" : "they cannot be copied")",
                file
            )
        }
        if end > 0, cprocess_collapse(file, off_t(end)) == 0 { return }
        cut(file, from: end, isKept: isKept)
    }

    /// Copies a part to `NAME.1`; what stood there becomes `NAME.2`.
    private func keep(_ file: Int32, _ part: Range<Int64>) -> Bool {
        let temporary = path + ".new"
        let copy = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard copy >= 0 else { return false }
        defer { close(copy) }
        guard Self.copy(part, of: file, to: copy) else {
            // A disk that is full is not helped by a log that keeps growing.
            unlink(temporary)
            unlink(path + ".2")
            return false
        }
        rename(path + ".1", path + ".2")
        return rename(temporary, path + ".1") == 0
    }

    /// Without the file system's help.
    private func cut(_ file: Int32, from end: Int64, isKept: Bool) {
        let copy = open(path + ".1", O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { if copy >= 0 { close(copy) } }
        if isKept, copy >= 0, let size = Self.size(of: file), size > end {
            _ = Self.copy(end..<size, of: file, to: copy)
        }
        ftruncate(file, 0)
        note("the log was cut here; what was written at that moment may be missing", file)
    }

    private func note(_ text: String, _ file: Int32) {
        _ = Descriptor.writeAll(file, Array("muster-shim: \(text)\n".utf8))
    }

    private static func size(of file: Int32) -> Int64? {
        var status = stat()
        return fstat(file, &status) == 0 ? Int64(status.st_size) : nil
    }

    private static func copy(_ part: Range<Int64>, of file: Int32, to copy: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var offset = part.lowerBound
        while offset < part.upperBound {
            let count = pread(file, &buffer, min(buffer.count, Int(part.upperBound - offset)), off_t(offset))
            if count < 0 && errno == EINTR { continue }
            guard count > 0, Descriptor.writeAll(copy, Array(buffer[..<count])) else { return false }
            offset += Int64(count)
        }
        return true
    }
}
