/// How a payload stands in the file: `MJR1`, length (4 bytes, big-endian), CRC-32C of the payload (4 bytes), payload.
///
/// The digit in the magic is the frame's version; what the payloads are is the format's (`JournalHeader`).
package enum JournalFrame {
    static let magic = Array("MJR1".utf8)
    static let headerBytes = 12
    /// The longest payload, in bytes.
    static let limit = 64 << 20

    /// The bytes of a frame.
    package static func bytes(of payload: [UInt8]) -> [UInt8] {
        magic + big(UInt32(payload.count)) + big(CRC32C.of(payload[...])) + payload
    }

    /// What reading a whole file finds.
    struct Scan: Hashable {
        /// The payloads, oldest first.
        var payloads: [ArraySlice<UInt8>] = []
        /// Where the last whole frame ends.
        var end = 0
        /// Whether whole frames follow what is not whole.
        var isFollowed = false
        /// The digit of a frame that a newer agent wrote.
        var newer: UInt32?
    }

    /// Reads a file's bytes up to the first that are no whole frame.
    static func scan(_ bytes: [UInt8]) -> Scan {
        var scan = Scan()
        while scan.end < bytes.count {
            guard let payload = payload(in: bytes, at: scan.end) else {
                scan.newer = newer(in: bytes, at: scan.end)
                // A write that was cut off leaves nothing whole behind it; damage does.
                scan.isFollowed = (scan.end + 1..<bytes.count).contains {
                    bytes[$0] == magic[0] && payload(in: bytes, at: $0) != nil
                }
                return scan
            }
            scan.payloads.append(payload)
            scan.end += headerBytes + payload.count
        }
        return scan
    }

    private static func payload(in bytes: [UInt8], at offset: Int) -> ArraySlice<UInt8>? {
        guard bytes.count - offset >= headerBytes, bytes[offset..<offset + 4].elementsEqual(magic) else { return nil }
        let length = Int(big(bytes[offset + 4..<offset + 8]))
        let begin = offset + headerBytes
        guard length <= limit, bytes.count - begin >= length else { return nil }
        let payload = bytes[begin..<begin + length]
        return CRC32C.of(payload) == big(bytes[offset + 8..<offset + 12]) ? payload : nil
    }

    private static func newer(in bytes: [UInt8], at offset: Int) -> UInt32? {
        guard bytes.count - offset >= headerBytes, bytes[offset..<offset + 3].elementsEqual(magic[..<3]) else {
            return nil
        }
        let digit = bytes[offset + 3]
        return digit > magic[3] && digit <= UInt8(ascii: "9") ? UInt32(digit - UInt8(ascii: "0")) : nil
    }

    private static func big(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    private static func big(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
