/// The encoding of `grpc-message` (gRPC over HTTP/2, "Percent-Encoded").
enum RPCPercentEncoding {
    /// Printable ASCII but `%` stays itself, every other byte of the UTF-8 form becomes `%XX`. At most 1,024 bytes of the
    /// text are kept, so that an answer always fits into a header list.
    static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8.prefix(1024) {
            if byte >= 0x20, byte <= 0x7e, byte != UInt8(ascii: "%") {
                encoded.append(byte)
            } else {
                encoded.append(contentsOf: [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 0xf)])
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The text again. What is not an encoding stays as it is; bytes that are not UTF-8 are repaired.
    static func decode(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = value(bytes[index + 1]),
                let low = value(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
