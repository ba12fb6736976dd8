/// An IPv4 address (RFC 791): a number, so that nothing of it can be anything else in a script for `nft`.
package struct IPv4Address: Hashable, Sendable, Comparable {
    /// Its four bytes, the first one highest.
    let value: UInt32

    init(value: UInt32) { self.value = value }

    /// Reads `10.88.0.5`; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { part in part.utf8.count <= 3 ? UInt8(part) : nil }
        guard parts.count == 4, bytes.count == 4 else { return nil }
        value = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    package static func < (one: IPv4Address, other: IPv4Address) -> Bool { one.value < other.value }
}

extension IPv4Address: CustomStringConvertible {
    package var description: String {
        [24, 16, 8, 0].map { "\(value >> $0 & 0xFF)" }.joined(separator: ".")
    }
}
