import Glibc

/// The interface by which this host reaches a bridged container, and what the kernel must let through there.
struct BridgeLink: Hashable, Sendable {
    private static let routes = "/proc/net/route"
    private static let forwarding = "/proc/sys/net/ipv4/ip_forward"

    /// Its name.
    var interface: String
    /// The containers' network.
    var network: IPv4Network

    /// The link to a container.
    ///
    /// - Throws: `endpoint` when other hosts' clients, or anybody, would not get through.
    static func to(_ address: IPv4Address) throws(AgentError) -> BridgeLink {
        guard let link = find(address, in: try FileAccess.readText(routes) ?? "") else {
            throw AgentError(
                .endpoint,
                "the container's address \(address) is on no network of this host, so that no endpoint can lead there (an engine "
                    + "without root, or one in a machine of its own, has such networks); write `network: host`, or use an engine "
                    + "that runs as root here"
            )
        }
        guard try FileAccess.readText(forwarding)?.first != "0" else {
            throw AgentError(
                .endpoint,
                "no endpoint can lead other hosts' clients to a bridged container here: this host forwards no IPv4 packets "
                    + "(net.ipv4.ip_forward is 0; container engines set it when they start); set it to 1 in /etc/sysctl.d and with "
                    + "`sysctl -w net.ipv4.ip_forward=1`, or write `network: host`"
            )
        }
        return link
    }

    /// The most exact route to an address, in the words of `/proc/net/route` (proc(5)); `nil` when it leads through a gateway, or
    /// there is none.
    static func find(_ address: IPv4Address, in text: String) -> BridgeLink? {
        let isUp: UInt32 = 1
        let routes = text.split(separator: "\n").dropFirst().compactMap { line -> (link: BridgeLink, isDirect: Bool)? in
            let words = line.split { $0 == "\t" || $0 == " " }
            guard words.count >= 8, let destination = UInt32(words[1], radix: 16),
                let gateway = UInt32(words[2], radix: 16),
                let flags = UInt32(words[3], radix: 16), let mask = UInt32(words[7], radix: 16), flags & isUp != 0,
                // Numbers in the network's order, printed as the machine's.
                let network = IPv4Network(
                    IPv4Address(value: UInt32(bigEndian: destination)),
                    prefix: mask.nonzeroBitCount
                ), network.contains(address)
            else { return nil }
            return (BridgeLink(interface: String(words[0]), network: network), gateway == 0)
        }
        let best = routes.max { $0.link.network.prefix < $1.link.network.prefix }
        return best.flatMap { $0.isDirect ? $0.link : nil }
    }

    /// Lets connections that begin at 127.0.0.1 leave by the interface, and their answers back: the kernel drops them otherwise,
    /// whatever the table makes of them. The table lets nobody else come to 127.0.0.1 by it.
    ///
    /// By netlink (rtnetlink(7)): a service whose `/proc/sys` is read-only may do it, too.
    ///
    /// - Throws: `endpoint` when the kernel refuses.
    func letLoopbackThrough() throws(AgentError) {
        let setting = "/proc/sys/net/ipv4/conf/\(interface)/route_localnet"
        if (try? FileAccess.readText(setting))?.first == "1" { return }
        // struct ifinfomsg, and in IFLA_AF_SPEC, AF_INET, IFLA_INET_CONF: IPV4_DEVCONF_ROUTE_LOCALNET.
        let head = [0, 0, 0, 0] + Netlink.bytes(UInt32(if_nametoindex(interface))) + [UInt8](repeating: 0, count: 8)
        let value = Netlink.attribute(26, Netlink.bytes(UInt32(1)))
        let request = Netlink.nested(26, Netlink.nested(UInt16(AF_INET), Netlink.nested(1, value)))
        _ = try Netlink.ask(.route, type: 19, flags: Netlink.acknowledge, head + request)
    }
}
