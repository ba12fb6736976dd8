import Fleet

/// Words and times of a peer: bounded and clean before anything else sees them.
enum PeerText {
    /// A text for people: control characters become spaces, and it is cut at `limit` bytes.
    static func words(_ text: String, limit: Int = 4096) -> String {
        var bytes = text.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
        if bytes.count > limit { bytes = Array(bytes.prefix(limit)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// An id or a name: 1–128 bytes without control characters.
    static func name(_ text: String, _ field: String) throws(ProtocolError) -> String {
        let bytes = text.utf8
        guard (1...128).contains(bytes.count), bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw ProtocolError(field: field, problem: "is empty, longer than 128 bytes, or holds a control character")
        }
        return text
    }

    /// A time between 1970 and 9999, whatever a peer's clock says.
    static func instant(_ milliseconds: Int64) -> Instant {
        Instant(milliseconds: min(max(0, milliseconds), 253_402_300_799_999))
    }
}
