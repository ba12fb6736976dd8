import Glibc

/// What `NO_PROXY` exempts, as curl reads it: names with everything below them, addresses, networks like `10.0.0.0/8`, or `*`.
enum NoProxy {
    /// Whether a host is dialled without a proxy.
    static func exempts(_ host: String, by list: String) -> Bool {
        list.split { $0 == "," || $0 == " " }.contains { matches(host.lowercased(), $0.lowercased()) }
    }

    private static func matches(_ host: String, _ entry: String) -> Bool {
        if entry == "*" { return true }
        if let address = bytes(host) {
            let parts = entry.split(separator: "/", maxSplits: 1).map(String.init)
            var network = parts.first ?? ""
            if network.hasPrefix("["), network.hasSuffix("]") { network = String(network.dropFirst().dropLast()) }
            guard let prefix = bytes(network), prefix.count == address.count else { return false }
            let all = address.count * 8
            guard let bits = parts.count == 2 ? Int(parts[1]) : all, (0...all).contains(bits) else { return false }
            return (0..<bits).allSatisfy { bit in
                (address[bit / 8] ^ prefix[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
            }
        }
        let name = entry.dropFirst(entry.hasPrefix("*.") ? 2 : entry.hasPrefix(".") ? 1 : 0)
        return !name.isEmpty && (host == name || host.hasSuffix("." + name))
    }

    /// An address in network order; nil for a name.
    private static func bytes(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if unsafe inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
