package import Crypto

/// A SHA-256 digest: the name of a blob, a bundle, a revision or a certificate.
///
/// Its text form is `sha256:` followed by 64 lowercase hexadecimal digits.
package struct Digest: Hashable, Sendable, Comparable {
    /// The 32 bytes of the digest.
    package let bytes: [UInt8]

    /// The digest of some bytes.
    package init(of content: some Sequence<UInt8>) {
        var hash = SHA256()
        if content.withContiguousStorageIfAvailable({ unsafe hash.update(bufferPointer: UnsafeRawBufferPointer($0)) })
            == nil
        {
            hash.update(data: Array(content))
        }
        bytes = Array(hash.finalize())
    }

    /// The digest that a hash function has arrived at.
    package init(_ digest: SHA256.Digest) {
        bytes = Array(digest)
    }

    /// Reads 32 raw bytes; `nil` for any other count.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads the text form (`sha256:` and 64 lowercase hexadecimal digits); `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix("sha256:") else { return nil }
        self.init(hex: text.dropFirst(7))
    }

    /// Reads 64 lowercase hexadecimal digits; `nil` for anything else.
    package init?(hex: some StringProtocol) {
        let digits = Array(hex.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = Self.value(of: digits[index]), let low = Self.value(of: digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    /// The 64 hexadecimal digits, without the algorithm's name.
    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The first twelve hexadecimal digits, for people.
    package var short: String { String(hex.prefix(12)) }

    package static func < (left: Digest, right: Digest) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}

extension Digest: CustomStringConvertible {
    package var description: String { "sha256:\(hex)" }
}

extension Digest: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a sha256 digest: \(text)")
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
