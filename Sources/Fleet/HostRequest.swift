/// What a host is asked for while somebody waits (DESIGN §6, `Request` and `Answer`).
package enum HostRequest: Hashable, Sendable {
    /// What a replica's model server has written.
    case logs(LogQuery)
    /// What the host says of itself.
    case inspect
    /// Nobody waits any more for the request of the same id.
    case cancel
}
