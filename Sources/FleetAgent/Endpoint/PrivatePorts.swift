/// The ports that this host gives to replicas: `--private-ports`, or `MUSTER_AGENT_PRIVATE_PORTS`.
package struct PrivatePorts: Sendable, Hashable {
    /// Room for 64 replicas of some ports each.
    package static let standard = PrivatePorts(range: 18_000...18_999)

    /// The ports.
    package let range: ClosedRange<UInt16>

    init(range: ClosedRange<UInt16>) { self.range = range }

    /// Reads `18000-18999`; `nil` when it is not such a range of ports above 1023.
    package init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard ends.count == 2, let low = ends[0], let high = ends[1], low >= 1024, low <= high else { return nil }
        self.init(range: low...high)
    }

    /// What the kernel gives to outgoing connections: `net.ipv4.ip_local_port_range`, which IPv6 follows too.
    static func ephemeral() -> ClosedRange<UInt16> {
        let text = try? FileAccess.readText("/proc/sys/net/ipv4/ip_local_port_range")
        let bounds = (text ?? "").split { $0 == "\t" || $0 == " " || $0 == "\n" }.compactMap { UInt16($0) }
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return 32_768...60_999 }
        return bounds[0]...bounds[1]
    }

    /// Throws `refused` when outgoing connections of this host could take a private port.
    func refuseOverlap(with ephemeral: ClosedRange<UInt16> = PrivatePorts.ephemeral()) throws(AgentError) {
        guard range.overlaps(ephemeral) else { return }
        throw AgentError(
            .refused,
            "the private ports \(range.lowerBound)-\(range.upperBound) overlap with those that the kernel gives to outgoing "
                + "connections (net.ipv4.ip_local_port_range, \(ephemeral.lowerBound)-\(ephemeral.upperBound)): a replica "
                + "would find its port taken at times; choose others with --private-ports, or move the kernel's range"
        )
    }
}
