import Glibc

/// Whole files and directories, in the words of this layer's errors.
extension AgentDisk {
    /// The content of a file; `nil` when there is none.
    func read(_ path: String) throws(AgentError) -> [UInt8]? {
        do {
            let file = try open(path, .read)
            defer { close(file) }
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = try read(file, at: Int64(bytes.count), into: &buffer)
                guard count > 0 else { return bytes }
                bytes += buffer[..<count]
            }
        } catch {
            guard error.number != ENOENT else { return nil }
            throw error.error("read", path)
        }
    }

    /// Replaces a file as a whole: after a crash the old or the new content is there, complete.
    func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o600) throws(AgentError) {
        let temporary = "\(path).new"
        do {
            let file = try open(temporary, .replace(mode: mode))
            defer { close(file) }
            try write(bytes.span.bytes, to: file, at: 0)
            try sync(file)
            try rename(temporary, to: path)
            try syncDirectory(FileAccess.parent(of: path))
        } catch {
            try? unlink(temporary)
            throw error.error("write", path)
        }
    }

    /// Makes a directory and those above it, for the owner alone, and makes their names durable.
    func makeDirectories(_ path: String) throws(AgentError) {
        guard !exists(path) else { return }
        let above = FileAccess.parent(of: path)
        if above != path, above != "." { try makeDirectories(above) }
        do {
            try makeDirectory(path)
            try syncDirectory(above)
        } catch {
            guard error.number == EEXIST else { throw error.error("create", path) }
        }
    }

    /// Removes a file, or a directory with all that it holds; what is not there, or cannot be removed, is no failure.
    func remove(_ path: String) {
        do {
            try unlink(path)
        } catch {
            guard error.number == EISDIR || error.number == EPERM else { return }
            for name in (try? names(in: path)) ?? [] { remove("\(path)/\(name)") }
            try? removeDirectory(path)
        }
    }

    /// Whether there is a file or directory.
    func exists(_ path: String) -> Bool { (try? size(of: path)) != nil }
}
