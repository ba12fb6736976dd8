import CProcess
import Fleet
import Glibc

import struct Crypto.SHA256

/// The files of an environment, by what the file system says of them: what was removed, cut, replaced or added is seen
/// without reading gigabytes.
struct EnvironmentTree: Sendable, Hashable {
    /// What an interpreter writes by itself where it may.
    private static let cache = "__pycache__"

    /// The digest of every path with its kind and its size, or where it leads.
    let seal: Digest
    /// The sizes of all files together, in bytes.
    let bytes: Int64

    /// Looks at a tree.
    ///
    /// - Throws: `files` when a part of it cannot be read.
    init(of directory: String) throws(AgentError) {
        var hash = SHA256()
        bytes = try Self.read(directory, as: "", into: &hash)
        seal = Digest(hash.finalize())
    }

    /// Bytes of what is there of a tree that somebody is making.
    static func bytes(in directory: String) -> Int64 {
        FileAccess.names(in: directory).reduce(0) { sum, name in
            let path = "\(directory)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { return sum }
            return sum + (status.st_mode & S_IFMT == S_IFDIR ? bytes(in: path) : Int64(status.st_size))
        }
    }

    /// A process whose command names a path below this directory; `nil` when there is none.
    static func user(of directory: String) throws(AgentError) -> Int32? {
        let words = Array("\(directory)/".utf8)
        for name in try FileAccess.listing("/proc") {
            // It may have ended meanwhile.
            guard let pid = Int32(name), let command = try? FileAccess.read("/proc/\(name)/cmdline") else { continue }
            if command.firstRange(of: words) != nil { return pid }
        }
        return nil
    }

    private static func read(_ path: String, as name: String, into hash: inout SHA256) throws(AgentError) -> Int64 {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw FileAccess.failure("read", path) }
        let kind = status.st_mode & S_IFMT
        let isCached = name.split(separator: "/").contains { $0 == cache }
        if !isCached {
            let said = kind == S_IFDIR ? "" : kind == S_IFLNK ? "\(target(of: path))" : "\(status.st_size)"
            hash.update(data: Array("\(name)\0\(kind)\0\(said)\n".utf8))
        }
        guard kind == S_IFDIR else { return Int64(status.st_size) }
        var bytes: Int64 = 0
        for child in try FileAccess.listing(path) where !(isCached && child == cache) {
            bytes += try read("\(path)/\(child)", as: "\(name)/\(child)", into: &hash)
        }
        return bytes
    }

    private static func target(of link: String) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes -> Int in
            guard let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress else { return 0 }
            return unsafe readlink(link, start, bytes.count)
        }
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }

    /// Makes a tree durable, with all else on its file system: thousands of files one by one would take minutes.
    static func makeDurable(_ path: String) throws(AgentError) {
        let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw FileAccess.failure("write", path) }
        defer { close(file) }
        guard cprocess_sync_file_system(file) == 0 else { throw FileAccess.failure("write", path) }
    }

    /// Takes a tree over from the user who made it: it becomes the agent's own, to be read and run by everybody who gets
    /// that far. From above, so that what has been taken over cannot be changed any more.
    ///
    /// - Throws: `files`; `refused` when there is something that no environment has.
    static func takeOver(_ path: String) throws(AgentError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw FileAccess.failure("read", path) }
        // Whose link it is does not matter; where it leads has owners of its own.
        if status.st_mode & S_IFMT == S_IFLNK { return }
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw FileAccess.failure("read", path) }
        defer { close(file) }
        guard fstat(file, &status) == 0 else { throw FileAccess.failure("read", path) }
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        guard isDirectory || status.st_mode & S_IFMT == S_IFREG && status.st_nlink == 1 else {
            throw AgentError(.refused, "\(path) is neither a directory nor a file of its own")
        }
        guard status.st_uid == geteuid() || fchown(file, geteuid(), getegid()) == 0 else {
            throw FileAccess.failure("change the owner of", path)
        }
        let mode: mode_t = isDirectory || status.st_mode & 0o100 != 0 ? 0o755 : 0o644
        guard fchmod(file, mode) == 0 else { throw FileAccess.failure("change the mode of", path) }
        guard isDirectory else { return }
        for name in try FileAccess.listing(path) { try takeOver("\(path)/\(name)") }
    }
}
