import FleetMetrics
import Glibc
import ShimProtocol

/// What a replica's processes use: the first one and all its descendants (proc(5)).
///
/// Memory is resident memory: pages that several of them share count for each. A descendant whose parent has died is not
/// found any more.
enum ProcessFigures {
    /// The most processes of one replica that are looked at.
    private static let limit = 256

    /// The figures; nothing when the process has gone.
    static func read(_ first: ProcessIdentity) -> [Figure: Double] {
        guard HostSystem.process(first.pid) == first else { return [:] }
        var (ticks, pages) = (UInt64(0), UInt64(0))
        var waiting = [first.pid]
        var seen = 0
        while let pid = waiting.popLast(), seen < limit {
            seen += 1
            guard let stat = ProcFile.text("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { continue }
            let fields = ProcFile.fields(stat[stat.index(after: end)...])
            guard fields.count > 21 else { continue }
            // utime, stime, and those of the children that were waited for; rss.
            ticks += fields[11...14].reduce(0) { $0 + (UInt64($1) ?? 0) }
            pages += UInt64(fields[21]) ?? 0
            waiting += children(of: pid)
        }
        let second = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let page = Double(max(1, sysconf(Int32(_SC_PAGESIZE))))
        return [.cpu: Double(ticks) / second, .memory: Double(pages) * page]
    }

    /// Each thread has children of its own.
    private static func children(of pid: Int32) -> [Int32] {
        FileAccess.names(in: "/proc/\(pid)/task").flatMap { thread in
            ProcFile.text("/proc/\(pid)/task/\(thread)/children").map {
                ProcFile.fields($0[...]).compactMap { Int32($0) }
            }
                ?? []
        }
    }
}
