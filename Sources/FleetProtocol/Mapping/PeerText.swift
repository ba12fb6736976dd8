package import Fleet

/// Words and times of a peer: bounded and clean before anything else sees them.
package enum PeerText {
    /// A text for people: control characters become spaces, and it is cut at `limit` bytes, between two characters.
    static func words(_ text: String, limit: Int = 4096) -> String {
        var bytes = text.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
        // U+0080 to U+009F: to a terminal, U+009B is the beginning of a command too.
        for index in bytes.indices.dropFirst() where bytes[index - 1] == 0xC2 && bytes[index] < 0xA0 {
            (bytes[index - 1], bytes[index]) = (0x20, 0x20)
        }
        if bytes.count > limit {
            let end = bytes[...limit].lastIndex { $0 & 0xC0 != 0x80 } ?? 0
            bytes.removeSubrange(end...)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A document: each of its texts as `words` has it, the names of members too. Of members whose names are the same then,
    /// one is left.
    package static func clean(_ value: JSONValue) -> JSONValue {
        switch value {
        case .null, .boolean, .integer, .number: value
        case .string(let text): .string(words(text))
        case .array(let elements): .array(elements.map(clean))
        case .object(let members):
            .object(Dictionary(members.map { (words($0), clean($1)) }) { first, _ in first })
        }
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
