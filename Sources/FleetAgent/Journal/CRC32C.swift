/// CRC-32C (Castagnoli, RFC 3720 appendix B.4): finds every burst of damage up to 32 bits in a record.
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    /// The checksum of some bytes.
    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var value = ~UInt32(0)
        bytes.withUnsafeBufferPointer { bytes in
            table.withUnsafeBufferPointer { table in
                for byte in unsafe bytes {
                    value = unsafe table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ value >> 8
                }
            }
        }
        return ~value
    }
}
