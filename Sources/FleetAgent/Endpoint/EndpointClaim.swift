import Glibc

/// One agent at a time switches the endpoints of a network namespace: two would each take out what the other put in.
///
/// The claim is an abstract socket name (unix(7)): it belongs to the network namespace, as the rules do, and the kernel gives
/// it back when the process has ended, however it ended.
final class EndpointClaim: Sendable {
    private static let name = "muster/endpoint"

    private let socket: Int32

    /// Throws `endpoint` when another agent has it.
    init() throws(AgentError) {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw Self.failure(errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            // The first byte stays 0: that makes the name an abstract one.
            for (index, byte) in Self.name.utf8.enumerated() { unsafe path[index + 1] = byte }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + Self.name.utf8.count)
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(socket, $0, length) }
        }
        guard result == 0 else { throw Self.failure(errno) }
    }

    deinit {
        if socket >= 0 { close(socket) }
    }

    private static func failure(_ number: Int32) -> AgentError {
        guard number == EADDRINUSE else {
            return AgentError(.endpoint, "the endpoints of this host cannot be claimed: \(FileAccess.reason(number))")
        }
        return AgentError(
            .endpoint,
            "another muster-agent switches the endpoints of this host; of several agents in one network namespace all but "
                + "one run with --endpoint off, or each gets a namespace of its own"
        )
    }
}
