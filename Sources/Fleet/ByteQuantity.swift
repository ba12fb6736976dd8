/// An amount of memory in bytes, written as Kubernetes writes quantities: `2Gi`, `512Mi`, `1.5G`, `2147483648`.
package struct ByteQuantity: Hashable, Sendable, Comparable {
    private static let units: [(suffix: String, bytes: Int64)] = [
        ("Pi", 1 << 50), ("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10),
        ("P", 1_000_000_000_000_000), ("T", 1_000_000_000_000), ("G", 1_000_000_000), ("M", 1_000_000), ("k", 1000),
        ("", 1),
    ]

    /// Its size in bytes.
    package var bytes: Int64

    /// So many bytes.
    package init(bytes: Int64) {
        self.bytes = bytes
    }

    /// Reads a number with up to nine decimals and a suffix (`Ki Mi Gi Ti Pi` or `k M G T P`, or none); `nil` for anything
    /// else, and for what is not a whole number of bytes.
    package init?(_ text: some StringProtocol) {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix = text.dropFirst(number.count)
        guard let unit = Self.units.first(where: { $0.suffix == suffix }),
            let bytes = Decimals.scaled(Substring(number), by: unit.bytes)
        else { return nil }
        self.bytes = bytes
    }

    package static func < (left: ByteQuantity, right: ByteQuantity) -> Bool { left.bytes < right.bytes }
}

extension ByteQuantity: CustomStringConvertible {
    /// The text with the largest suffix that needs no decimals.
    package var description: String {
        let unit = Self.units.first { bytes >= $0.bytes && bytes % $0.bytes == 0 }
        return unit.map { "\(bytes / $0.bytes)\($0.suffix)" } ?? "\(bytes)"
    }

    /// For people who compare: in whole GiB, MiB or KiB where that is exact, else with one decimal, rounded down.
    package var readable: String {
        for (name, size) in [("GiB", Int64(1) << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes >= size {
            let tenths = bytes / (size / 10)
            let shown = min(tenths, (bytes / size) * 10 + 9)
            return bytes % size == 0 || shown % 10 == 0
                ? "\(bytes / size) \(name)" : "\(shown / 10).\(shown % 10) \(name)"
        }
        return "\(bytes) bytes"
    }
}

extension ByteQuantity: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let quantity = ByteQuantity(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an amount of bytes: \(text)")
        }
        self = quantity
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
