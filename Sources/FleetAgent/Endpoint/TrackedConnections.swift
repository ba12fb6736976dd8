import Glibc

/// The connections that pass through this host, as the kernel's table of them has them: those to a bridged container have no socket
/// here.
enum TrackedConnections {
    /// IPCTNL_MSG_CT_GET of NFNL_SUBSYS_CTNETLINK (linux/netfilter/nfnetlink_conntrack.h).
    private static let get: UInt16 = 1 << 8 | 1
    private static let dump: UInt16 = 0x300
    /// TCP_CONNTRACK_ESTABLISHED
    private static let established: UInt8 = 3
    /// IPS_DST_NAT
    private static let wasLed: UInt32 = 1 << 5

    /// How many established connections were led to a place in a container.
    ///
    /// - Throws: `endpoint` when the kernel does not say.
    static func throughEndpoint(to place: ContainerPlace) throws(AgentError) -> Int {
        let address = Netlink.bytes(place.address.value.bigEndian)
        let port = Netlink.bytes(place.port.bigEndian)
        let answer =
            Netlink.nested(1, Netlink.attribute(1, address))
            + Netlink.nested(2, Netlink.attribute(1, [UInt8(IPPROTO_TCP)]) + Netlink.attribute(2, port))
        // Which parts of it the kernel is to look at: CTA_IP_SRC, CTA_PROTO_NUM, CTA_PROTO_SRC_PORT. Kernels before 5.8 tell all.
        let flags =
            Netlink.attribute(1, Netlink.bytes(UInt32(0)))
            + Netlink.attribute(2, Netlink.bytes(UInt32(1 | 1 << 3 | 1 << 4)))
        let request = [UInt8(AF_INET), 0, 0, 0] + Netlink.nested(2, answer) + Netlink.nested(25, flags)
        let entries = try Netlink.ask(.netfilter, type: get, flags: dump, request)
        return entries.count { isEstablished($0, to: address, port) }
    }

    private static func isEstablished(_ entry: [UInt8], to address: [UInt8], _ port: [UInt8]) -> Bool {
        let all = Netlink.attributes(entry.dropFirst(4))
        let answers = all[2].map(Netlink.attributes) ?? [:]
        let from = answers[1].flatMap { Netlink.attributes($0)[1] }
        let fromPort = answers[2].flatMap { Netlink.attributes($0)[2] }
        let state = all[4].flatMap { Netlink.attributes($0)[1] }.flatMap { Netlink.attributes($0)[1] }
        let status = all[3].map { UInt32(bigEndian: Netlink.word($0, 0)) } ?? 0
        return from.map(Array.init) == address && fromPort.map(Array.init) == port && state?.first == established
            && status & wasLed != 0
    }
}
