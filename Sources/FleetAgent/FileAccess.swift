import FoundationEssentials
import Glibc

/// Files, durably, in the words of this layer's errors.
enum FileAccess {
    /// The content of a file; `nil` when there is none.
    static func read(_ path: String) throws(AgentError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            guard errno != ENOENT else { return nil }
            throw failure("read", path)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// The text of a file; `nil` when there is none.
    static func readText(_ path: String) throws(AgentError) -> String? {
        try read(path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Replaces a file as a whole: after a crash the old or the new content is there, complete.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o600) throws(AgentError) {
        let temporary = "\(path).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure("write", path) }
        defer { close(file) }
        guard write(bytes, to: file), fsync(file) == 0, rename(temporary, path) == 0 else {
            let failure = failure("write", path)
            unlink(temporary)
            throw failure
        }
        syncDirectory(of: path)
    }

    /// Writes all bytes to a descriptor; `false` when the system refuses.
    static func write(_ bytes: some Collection<UInt8>, to file: Int32) -> Bool {
        let all = Array(bytes)
        var offset = 0
        while offset < all.count {
            let count = all.withUnsafeBytes {
                unsafe Glibc.write(file, $0.baseAddress?.advanced(by: offset), all.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }

    /// Makes a directory and those above it, for the owner alone.
    static func makeDirectory(_ path: String) throws(AgentError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw failure("create", path)
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("create", path) }
    }

    /// The names in a directory, sorted; none when it does not exist.
    static func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// Removes a file or a directory with all it holds; what is not there is no failure.
    static func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The last line of a log that says something, up to 200 characters; `nil` when there is none.
    static func lastLine(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let span: off_t = 4096
        let end = lseek(file, 0, SEEK_END)
        guard end > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: Int(min(span, end)))
        let count = pread(file, &buffer, buffer.count, max(0, end - span))
        guard count > 0 else { return nil }
        let lines = buffer[..<count].split { $0 == 0x0A || $0 == 0x0D }
        let line = lines.last { $0.contains { $0 > 0x20 } }.map { String(decoding: $0, as: UTF8.self) }
        return line.map { String($0.prefix(200)) }
    }

    /// Bytes that may still be written where a path stands; `nil` when the system does not say.
    static func free(at path: String) -> Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    /// Whether there is a file or directory.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Bytes of a file; `nil` when there is none.
    static func size(of path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }

    /// Makes the names in a file's directory durable.
    static func syncDirectory(of path: String) {
        let directory = open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }

    /// The directory that a path stands in.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A failed system call on a path: `errno` says why. To be made right after the call.
    static func failure(_ verb: String, _ path: String) -> AgentError {
        let number = errno
        let next =
            switch number {
            case EACCES, EPERM: "run the agent as the directory's owner, or change the owner"
            case ENOSPC, EDQUOT: "free some space"
            case ENOENT: "check the path"
            case EROFS: "mount the file system writable, or choose another --data"
            default: "see to this, then try again"
            }
        return AgentError(.files, "cannot \(verb) \(path): \(reason(number)); \(next)")
    }

    /// The system's words for an error number.
    static func reason(_ number: Int32) -> String {
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
}
