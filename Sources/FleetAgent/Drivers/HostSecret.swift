import Glibc

/// A file of this host whose text a variable has: read when a replica is started, and kept nowhere.
enum HostSecret {
    /// The longest text, in bytes.
    static let limit = 64 << 10

    /// The text of a file, without one newline at its end.
    ///
    /// - Parameter directories: where it must lie, with every link resolved.
    /// - Throws: `refused` with why it cannot be used; never with anything of what it holds.
    static func read(_ path: String, within directories: [String]) throws(AgentError) -> String {
        guard let real = FileTrust.resolved(path) else {
            let reason = FileAccess.reason(errno)
            throw refusal(path, "cannot be found (\(reason)): write it on the host, or let the agent's user reach it")
        }
        let allowed = directories.compactMap { FileTrust.resolved($0) }
        guard allowed.contains(where: { PolicyRule.isBelow(real, $0) }) else {
            throw refusal(
                path,
                "leads to \(real), out of \(directories.joined(separator: " ")): put the file itself there"
            )
        }
        // Not to wait for ever at a pipe, nor to follow a link that has come since.
        let file = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else {
            let reason = FileAccess.reason(errno)
            throw refusal(
                path,
                "cannot be read (\(reason)): let the agent's user read it (`chown root:muster`, `chmod 0640`)"
            )
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw refusal(path, "is no regular file: write the secret to one")
        }
        guard status.st_mode & 0o007 == 0 else {
            throw refusal(path, "is open to everybody on the host: `chmod o= \(path)`")
        }
        return try text(of: file, path)
    }

    private static func text(of file: Int32, _ path: String) throws(AgentError) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= limit {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw refusal(path, "cannot be read: \(FileAccess.reason(errno))") }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        guard bytes.count <= limit else {
            throw refusal(path, "is longer than \(limit) bytes, the most that a variable may have: shorten it")
        }
        if bytes.last == 0x0A { bytes.removeLast() }
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw refusal(path, "holds a NUL, or is not UTF-8: a variable can have neither; write it as text")
        }
        return text
    }

    private static func refusal(_ path: String, _ why: String) -> AgentError {
        AgentError(.refused, "the file \(path) \(why)")
    }
}
