import Glibc

/// The TCP sockets of this network namespace, as the kernel lists them (sock_diag(7)).
enum TCPSockets {
    /// One end of a connection.
    struct End: Hashable, Sendable {
        /// 16 bytes; IPv4 is written as an IPv4-mapped address.
        var address: [UInt8]
        var port: UInt16
    }

    /// A socket.
    struct Entry: Sendable {
        var local: End
        var remote: End
        /// The number that `/proc/PID/fd` shows; 0 when the socket has no owner any more.
        var inode: UInt32
        /// The family and the kernel's own identification, as it wants them back.
        var family: UInt8
        fileprivate var identification: [UInt8]
    }

    private static let established: UInt32 = 1 << 1
    /// SYN_RECV, FIN_WAIT1, FIN_WAIT2 and CLOSE_WAIT as well: whatever can still carry an answer.
    private static let speaking: UInt32 = established | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 8
    private static let listening: UInt32 = 1 << 10
    private static let list: UInt16 = 20
    private static let destroy: UInt16 = 21
    private static let dump: UInt16 = 0x300

    /// What listens on a port, on whatever address.
    static func listeners(on port: UInt16) throws(AgentError) -> [Entry] {
        try entries(states: listening, local: port).filter { $0.local.port == port }
    }

    /// Whoever listens on a stable port besides the endpoint.
    struct Others: Hashable, Sendable {
        /// Who, in words.
        var owner: String
        /// How many connections they have there.
        var connections: Int
    }

    /// Who listens on a stable port, whatever leads past them; `nil` when nobody does.
    ///
    /// A connection that came through the endpoint ends at a private port: those of the stable port itself are theirs.
    static func others(on port: UInt16) throws(AgentError) -> Others? {
        guard let listener = try listeners(on: port).first else { return nil }
        return Others(
            owner: SocketOwner.of(listener.inode) ?? "another program",
            connections: try entries(states: speaking, local: port).count { $0.local.port == port }
        )
    }

    /// The connections to a local port that came through an endpoint.
    ///
    /// A connection that was made to the private port itself can only come from this host: its other end is a socket here
    /// whose remote port is the private one. Through an endpoint it is the stable one.
    static func throughEndpoint(to port: UInt16) throws(AgentError) -> [Entry] {
        try throughEndpoint(to: port, states: established)
    }

    /// Ends, with a reset to the peer, what came through an endpoint to a local port. Returns how many ended.
    ///
    /// Kernels without CONFIG_INET_DIAG_DESTROY end none.
    static func reset(throughEndpointTo port: UInt16) -> Int {
        let entries = (try? throughEndpoint(to: port, states: speaking)) ?? []
        return entries.count { entry in
            let request = [entry.family, UInt8(IPPROTO_TCP), 0, 0] + Netlink.bytes(UInt32.max) + entry.identification
            return (try? Netlink.ask(.sockets, type: destroy, flags: Netlink.acknowledge, request)) != nil
        }
    }

    private static func throughEndpoint(to port: UInt16, states: UInt32) throws(AgentError) -> [Entry] {
        let served = try entries(states: states, local: port)
        guard !served.isEmpty else { return [] }
        let direct = Set(try entries(states: UInt32.max, remote: port).map(\.local))
        return served.filter { !direct.contains($0.remote) }
    }

    private static func entries(states: UInt32, local: UInt16 = 0, remote: UInt16 = 0) throws(AgentError) -> [Entry] {
        var all: [Entry] = []
        for family in [UInt8(AF_INET), UInt8(AF_INET6)] {
            let request =
                [family, UInt8(IPPROTO_TCP), 0, 0] + Netlink.bytes(states) + Netlink.bytes(local.bigEndian)
                + Netlink.bytes(remote.bigEndian) + [UInt8](repeating: 0, count: 36) + Netlink.bytes(UInt64.max)
            let answers = try Netlink.ask(.sockets, type: list, flags: dump, request)
            all += answers.compactMap { Entry($0) }
        }
        return all
    }
}

extension TCPSockets.Entry {
    /// Reads `struct inet_diag_msg` of linux/inet_diag.h.
    fileprivate init?(_ message: [UInt8]) {
        guard message.count >= 72 else { return nil }
        family = message[0]
        identification = Array(message[4..<52])
        local = TCPSockets.End(
            address: Self.address(message[8..<24], family: family),
            port: UInt16(message[4]) << 8 | UInt16(message[5])
        )
        remote = TCPSockets.End(
            address: Self.address(message[24..<40], family: family),
            port: UInt16(message[6]) << 8 | UInt16(message[7])
        )
        inode = Netlink.word(message[...], 68)
    }

    private static func address(_ bytes: ArraySlice<UInt8>, family: UInt8) -> [UInt8] {
        guard family == UInt8(AF_INET) else { return Array(bytes) }
        return [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + bytes.prefix(4)
    }
}

extension TCPSockets.End: CustomStringConvertible {
    /// `10.0.0.7:8080` or `[fd10::7]:8080`.
    var description: String {
        let isFour = address.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        if isFour { return address.suffix(4).map(String.init).joined(separator: ".") + ":\(port)" }
        var text = [CChar](repeating: 0, count: 64)
        _ = unsafe inet_ntop(AF_INET6, address, &text, socklen_t(text.count))
        let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "[\(name)]:\(port)"
    }
}
