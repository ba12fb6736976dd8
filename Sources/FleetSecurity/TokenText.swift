import Fleet

/// What both kinds of token share: a prefix, parts joined by `-`, and a checksum at the end, so that a mistyped word is told
/// apart from an unknown one before anything goes to the network.
enum TokenText {
    /// Characters of an id (10 bytes), of a secret (20 bytes: 160 bits) and of the checksum (5 bytes).
    static let idCharacters = 16
    static let secretCharacters = 32
    static let checksumCharacters = 8

    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// The word for some parts: prefix, parts and checksum joined by `-`.
    static func word(prefix: String, parts: [String]) -> String {
        let body = ([prefix] + parts).joined(separator: "-")
        return body + "-" + checksum(of: body)
    }

    /// The parts of a word with this prefix and parts of these lengths, in order, without the checksum.
    /// - Parameters:
    ///   - kind: what the token is, for the message: `enrolment token`.
    ///   - source: the command that prints such tokens.
    static func parts(
        of text: String,
        prefix: String,
        lengths: [Int],
        kind: String,
        source: String
    ) throws(SecurityError) -> [Substring] {
        func refusal(_ why: String, _ next: String = "copy the whole word again from the output of") -> SecurityError {
            SecurityError(.malformedToken, "the \(kind) was not used: \(why); \(next) `\(source)`")
        }
        let word = text.trimming
        guard !word.isEmpty else { throw refusal("it is empty") }
        guard word.utf8.count <= 512 else {
            throw refusal("it is \(word.utf8.count) characters long, more than any token")
        }
        guard word.hasPrefix(prefix + "-") else {
            if let other = otherKind(of: word) { throw refusal("it is \(other)", "get the right one from") }
            throw refusal("it does not begin with '\(prefix)-'")
        }
        let pieces = word.dropFirst(prefix.count + 1).split(separator: "-", omittingEmptySubsequences: false)
        let expected = lengths + [checksumCharacters]
        guard pieces.map(\.utf8.count) == expected else {
            let length = prefix.count + expected.reduce(0) { $0 + $1 + 1 }
            let why =
                "it has \(word.count) characters in \(pieces.count) parts instead of \(length) in \(expected.count)"
            throw refusal("it was cut off or mistyped (\(why))")
        }
        let body = word.dropLast(checksumCharacters + 1)
        guard checksum(of: body) == word.suffix(checksumCharacters) else {
            throw refusal("it was mistyped (its checksum does not match)")
        }
        return Array(pieces.dropLast())
    }

    /// Bytes as base32 without padding (RFC 4648 §6, in lower case).
    static func base32(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        var buffer: UInt16 = 0
        var bits: UInt16 = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt16(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> bits & 31)])
            }
            buffer &= (1 << bits) - 1
        }
        if bits > 0 { text.append(alphabet[Int(buffer << (5 - bits) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    private static func checksum(of body: some StringProtocol) -> String {
        base32(Digest(of: Array(body.utf8)).bytes.prefix(5))
    }

    private static func otherKind(of word: Substring) -> String? {
        if word.hasPrefix(EnrolmentToken.prefix + "-") { return "a host's enrolment token" }
        if word.hasPrefix(OperatorToken.prefix + "-") { return "an operator's token" }
        return nil
    }
}

extension String {
    /// The text without spaces and line ends around it, which copying often adds.
    fileprivate var trimming: Substring {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }
}
