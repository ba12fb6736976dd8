import Glibc

/// Files of the host's own disk, in the words of this layer's errors.
enum FileAccess {
    private static let disk = SystemDisk()

    /// The content of a file; `nil` when there is none.
    static func read(_ path: String) throws(AgentError) -> [UInt8]? { try disk.read(path) }

    /// The text of a file; `nil` when there is none.
    static func readText(_ path: String) throws(AgentError) -> String? {
        try read(path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Replaces a file as a whole: after a crash the old or the new content is there, complete.
    static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o600) throws(AgentError) {
        try disk.replace(path, with: bytes, mode: mode)
    }

    /// Makes a directory and those above it, for the owner alone.
    static func makeDirectory(_ path: String) throws(AgentError) { try disk.makeDirectories(path) }

    /// The names in a directory, sorted; none when it does not exist.
    static func names(in path: String) -> [String] { (try? disk.names(in: path)) ?? [] }

    /// The names in a directory, sorted; none when it does not exist. For whoever would end or remove what is not among them.
    static func listing(_ path: String) throws(AgentError) -> [String] {
        do {
            return try disk.names(in: path)
        } catch {
            guard error.number != ENOENT else { return [] }
            throw error.error("read", path)
        }
    }

    /// Removes a file or a directory with all it holds; what is not there is no failure.
    static func remove(_ path: String) { disk.remove(path) }

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

    /// Whether there is a file or directory.
    static func exists(_ path: String) -> Bool { disk.exists(path) }

    /// Why this process may put nothing into a directory, its capabilities included, in the system's words; `nil` when it may.
    static func obstacle(toWritingInto directory: String) -> String? {
        faccessat(AT_FDCWD, "\(directory)/.", R_OK | W_OK | X_OK, Int32(AT_EACCESS)) == 0 ? nil : reason(errno)
    }

    /// Bytes of a file; `nil` when there is none.
    static func size(of path: String) -> Int64? { try? disk.size(of: path) }

    /// The directory that a path stands in.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A failed system call on a path: `errno` says why. To be made right after the call.
    static func failure(_ verb: String, _ path: String) -> AgentError { DiskFault(errno).error(verb, path) }

    /// The system's words for an error number.
    static func reason(_ number: Int32) -> String {
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
}
