import NIOCore

/// Turns the bytes of a log into texts: a character that is cut in two waits for its rest, and what is none becomes U+FFFD.
struct LogText {
    private var rest: [UInt8] = []

    /// The text that a piece brings; empty when it only begins a character.
    mutating func take(_ piece: ByteBuffer) -> String {
        rest.append(contentsOf: piece.readableBytesView)
        let whole = rest.count - Self.begun(rest)
        let text = String(decoding: rest[..<whole], as: UTF8.self)
        rest.removeFirst(whole)
        return text
    }

    /// What is left at the end.
    mutating func finish() -> String {
        defer { rest = [] }
        return String(decoding: rest, as: UTF8.self)
    }

    /// How many bytes at the end are the beginning of a character (RFC 3629 §3).
    private static func begun(_ bytes: [UInt8]) -> Int {
        for (count, byte) in bytes.reversed().prefix(3).enumerated() where byte & 0xC0 != 0x80 {
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > count + 1 ? count + 1 : 0
        }
        return 0
    }
}
