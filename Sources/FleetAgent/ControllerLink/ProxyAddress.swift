/// A proxy as people and the environment write it: `http://USER:PASSWORD@HOST:PORT`, of which only HOST is needed.
struct ProxyAddress: Sendable, Hashable {
    var host: String
    var port: Int
    /// Whether the proxy itself speaks TLS.
    var isTLS: Bool
    /// USER:PASSWORD, decoded: a secret.
    var credentials: String?

    /// Reads one; nil for what is none.
    init?(_ text: String) {
        var rest = text[...]
        isTLS = false
        if let scheme = text.firstRange(of: "://") {
            switch text[..<scheme.lowerBound].lowercased() {
            case "http": isTLS = false
            case "https": isTLS = true
            default: return nil
            }
            rest = text[scheme.upperBound...]
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        credentials = nil
        if let at = rest.lastIndex(of: "@") {
            guard let decoded = Self.decoded(rest[..<at]), decoded.contains(":") else { return nil }
            credentials = decoded
            rest = rest[rest.index(after: at)...]
        }
        port = isTLS ? 443 : 80
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") {
            guard let number = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(number) else { return nil }
            port = number
            rest = rest[..<colon]
        }
        if rest.hasPrefix("["), rest.hasSuffix("]") {
            rest = rest.dropFirst().dropLast()
        } else if rest.contains(":") {
            return nil
        }
        guard !rest.isEmpty, rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !rest.contains("/"),
            !rest.contains("?"), !rest.contains("#")
        else { return nil }
        host = String(rest)
    }

    /// Without the secret.
    var url: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(isTLS ? "https" : "http")://\(name):\(port)"
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
