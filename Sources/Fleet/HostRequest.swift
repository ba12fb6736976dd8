/// What a host is asked for while somebody waits (DESIGN §6, `Request` and `Answer`).
package enum HostRequest: Hashable, Sendable {
    /// What a replica's model server has written.
    case logs(LogQuery)
    /// What the host says of itself.
    case inspect
    /// What somebody needs who is to find out from afar what is wrong there.
    case supportBundle(redacted: Bool)
    /// Nobody waits any more for the request of the same id.
    case cancel
}
