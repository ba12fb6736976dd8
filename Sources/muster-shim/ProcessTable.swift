import Glibc
import ShimProtocol

/// What `/proc` says about processes.
enum ProcessTable {
    /// The process of this number, if it lives.
    static func identity(of pid: Int32) -> ProcessIdentity? {
        guard let bytes = Descriptor.contents(of: "/proc/\(pid)/stat") else { return nil }
        return ProcessIdentity(stat: String(decoding: bytes, as: UTF8.self))
    }

    /// The processes of a control group (cgroups(7)).
    static func members(of group: String) -> [Int32] {
        guard let bytes = Descriptor.contents(of: "\(group)/cgroup.procs") else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { Int32($0) }.filter { $0 > 0 }
    }

    /// The children of this process, orphans that came to it as a subreaper included.
    static func children() -> [Int32] {
        guard let bytes = Descriptor.contents(of: "/proc/self/task/\(getpid())/children") else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
    }
}
