import Fleet

/// The kernel's table of connections: every connection through an endpoint has an entry, and keeps it for a while after.
struct ConntrackTable: Sendable, Hashable {
    /// Entries that it can hold.
    var size: Int
    /// Entries that it holds.
    var used: Int
    /// How long a closed connection keeps its entry.
    var lingering: Span

    /// New connections a second that it carries for ever, each of them short.
    var newPerSecond: Int { Int(Int64(size) * 1000 / max(1, lingering.milliseconds)) }

    /// This network namespace's; `nil` while nothing tracks connections.
    static func current() -> ConntrackTable? {
        let directory = "/proc/sys/net/netfilter/nf_conntrack"
        guard let size = number("\(directory)_max"), let used = number("\(directory)_count") else { return nil }
        let seconds = number("\(directory)_tcp_timeout_time_wait") ?? 120
        return ConntrackTable(size: size, used: used, lingering: .seconds(Int64(seconds)))
    }

    private static func number(_ path: String) -> Int? {
        (try? FileAccess.readText(path)).flatMap { Int($0.prefix { $0 != "\n" }) }
    }
}
