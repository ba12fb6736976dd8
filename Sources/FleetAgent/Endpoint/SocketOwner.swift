import Glibc

/// The process that has a socket open.
enum SocketOwner {
    /// `nginx (pid 812)`; `nil` when no process that this one may look at has it.
    static func of(_ inode: UInt32) -> String? {
        guard let pid = pid(of: inode) else { return nil }
        let command = (try? FileAccess.readText("/proc/\(pid)/comm"))?.split(separator: "\n").first
        return "\(command ?? "a process") (pid \(pid))"
    }

    /// Its number; `nil` when no process that this one may look at has it.
    static func pid(of inode: UInt32) -> Int32? {
        let wanted = "socket:[\(inode)]"
        for name in FileAccess.names(in: "/proc") where name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            let directory = "/proc/\(name)/fd"
            let isOwner = FileAccess.names(in: directory).contains { target(of: "\(directory)/\($0)") == wanted }
            if isOwner { return Int32(name) }
        }
        return nil
    }

    private static func target(of link: String) -> String {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = buffer.withUnsafeMutableBytes { bytes -> Int in
            guard let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress else { return 0 }
            return unsafe readlink(link, start, bytes.count)
        }
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }
}
