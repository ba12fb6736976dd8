import Glibc

/// Files that hold secrets: keys, tokens, credentials. Only their owner may read them.
package enum SecretFile {
    /// The largest secret that is read, in bytes.
    package static let limit = 1 << 20

    /// Writes a secret so that after a crash either the old or the new content is there, complete: a new file with mode 0600
    /// beside it, fsync, rename, fsync of the directory.
    /// - Throws: `file`.
    package static func write(_ content: some Sequence<UInt8>, to path: String) throws(SecurityError) {
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
        let file = open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("written", path, errno) }
        do throws(SecurityError) {
            // The process's mask may have taken bits away; none can have been added.
            guard fchmod(file, 0o600) == 0 else { throw failure("written", path, errno) }
            try writeAll(Array(content), to: file, path: path)
            guard fsync(file) == 0 else { throw failure("written", path, errno) }
        } catch {
            close(file)
            unlink(temporary)
            throw error
        }
        guard close(file) == 0, rename(temporary, path) == 0 else {
            let number = errno
            unlink(temporary)
            throw failure("written", path, number)
        }
        try syncDirectory(of: path)
    }

    /// Writes a text; as the other `write`.
    package static func write(_ text: String, to path: String) throws(SecurityError) {
        try write(Array(text.utf8), to: path)
    }

    /// Reads a secret of at most `limit` bytes.
    /// - Throws: `unsafeFile` when the group or others may access it, it belongs to somebody else, or it is not a plain file;
    ///   `file` when it cannot be read.
    package static func read(_ path: String) throws(SecurityError) -> [UInt8] {
        // Without O_NONBLOCK opening a pipe would wait for its writer.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure("read", path, errno) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure("read", path, errno) }
        try check(status, path: path)
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(file, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path, errno) }
            guard count > 0 else { return content }
            content += piece[..<count]
            guard content.count <= limit else {
                throw SecurityError(
                    .unsafeFile,
                    "\(path) was not read: it is larger than \(limit) bytes, which no secret is; check the path"
                )
            }
        }
    }

    /// Reads a text; as `read`, and throws `unsafeFile` when it is not UTF-8.
    package static func readText(_ path: String) throws(SecurityError) -> String {
        guard let text = String(validating: try read(path), as: UTF8.self) else {
            throw SecurityError(
                .unsafeFile,
                "\(path) was not used: it is not text (UTF-8); restore it or make it again"
            )
        }
        return text
    }

    private static func check(_ status: stat, path: String) throws(SecurityError) {
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SecurityError(.unsafeFile, "\(path) was not read: it is not a plain file; check the path")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw SecurityError(
                .unsafeFile,
                "\(path) was not read: its mode \(String(status.st_mode & 0o777, radix: 8)) lets others at the secret; "
                    + "run `chmod 600 \(path)`, and replace the secret if others may have read it"
            )
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            // Given to root, the service that it belongs to could not read it any more.
            let next =
                geteuid() == 0
                ? "start the program as its owner (`runuser -u USER -- …`)"
                : "run `chown \(geteuid()) \(path)` or start the program as its owner"
            throw SecurityError(
                .unsafeFile,
                "\(path) was not read: it belongs to user \(status.st_uid), not to user \(geteuid()) who reads it; \(next)"
            )
        }
    }

    private static func writeAll(_ bytes: [UInt8], to file: Int32, path: String) throws(SecurityError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("written", path, errno) }
            rest = rest.dropFirst(count)
        }
    }

    private static func syncDirectory(of path: String) throws(SecurityError) {
        let slash = path.lastIndex(of: "/")
        let name = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure("written", path, errno) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure("written", path, errno) }
    }

    private static func failure(_ verb: String, _ path: String, _ number: Int32) -> SecurityError {
        let next =
            switch number {
            case ENOENT: "check the path"
            case EACCES, EPERM: "start the program as the file's owner, or change the owner of its directory"
            case ENOSPC, EDQUOT: "free some space"
            default: "see to this, then try again"
            }
        return SecurityError(
            .file,
            "\(path) could not be \(verb): \(unsafe String(cString: strerror(number))); \(next)"
        )
    }
}
