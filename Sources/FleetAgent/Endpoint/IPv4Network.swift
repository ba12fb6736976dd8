/// The IPv4 addresses that begin alike (RFC 4632).
struct IPv4Network: Hashable, Sendable, Comparable {
    /// Its first address.
    let base: IPv4Address
    /// How many bits of an address are the network's: `0…32`.
    let prefix: Int

    /// `nil` when there are no such networks.
    init?(_ address: IPv4Address, prefix: Int) {
        guard (0...32).contains(prefix) else { return nil }
        base = IPv4Address(value: address.value & Self.mask(prefix))
        self.prefix = prefix
    }

    /// Reads `10.88.0.0/16`, or an address alone; `nil` for anything else.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let base = parts.first.flatMap({ IPv4Address($0) }) else { return nil }
        guard let prefix = parts.count == 1 ? 32 : Int(parts[1]) else { return nil }
        self.init(base, prefix: prefix)
    }

    private static func mask(_ prefix: Int) -> UInt32 { prefix == 0 ? 0 : UInt32.max << UInt32(32 - prefix) }

    func contains(_ address: IPv4Address) -> Bool { address.value & Self.mask(prefix) == base.value }

    func overlaps(_ other: IPv4Network) -> Bool { contains(other.base) || other.contains(base) }

    static func < (one: IPv4Network, other: IPv4Network) -> Bool {
        (one.base, one.prefix) < (other.base, other.prefix)
    }
}

extension IPv4Network: CustomStringConvertible {
    var description: String { "\(base)/\(prefix)" }
}
