import Glibc

/// IP addresses as certificates carry them: 4 or 16 bytes in network order (RFC 5280 §4.2.1.6).
enum AddressBytes {
    /// The bytes of an IPv4 or IPv6 address, without port, brackets or zone; nil for anything else.
    static func of(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET6, text, &sixteen) == 1 { return sixteen }
        return nil
    }
}
