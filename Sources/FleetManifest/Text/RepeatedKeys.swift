import Yams

/// Keys that stand twice in one mapping, made different from each other by a character that nobody types.
///
/// The first character of the earlier key becomes one of Unicode's private use area: all columns stay what they were.
struct RepeatedKeys {
    private static let first: UInt32 = 0xE000
    private var originals: [Unicode.Scalar: String] = [:]

    /// The key that was renamed, or `nil` when it is not one of these.
    func original(of key: String) -> String? {
        key.unicodeScalars.first.flatMap { originals[$0] }
    }

    /// Renames the key that begins at a place; says `false` when it does not stand there as it reads, or when there are
    /// more than a hundred.
    mutating func rename(_ key: String, at mark: Yams.Mark, in text: inout String) -> Bool {
        guard originals.count < 100, let first = key.unicodeScalars.first,
            let marker = Unicode.Scalar(Self.first + UInt32(originals.count)),
            var index = Self.index(ofLine: mark.line, column: mark.column, in: text.unicodeScalars)
        else { return false }
        if text.unicodeScalars[index] == "\"" || text.unicodeScalars[index] == "'" {
            index = text.unicodeScalars.index(after: index)
        }
        guard index < text.unicodeScalars.endIndex, text.unicodeScalars[index] == first else { return false }
        originals[marker] = key
        text.unicodeScalars.replaceSubrange(index...index, with: [marker])
        return true
    }

    private static func index(
        ofLine line: Int,
        column: Int,
        in text: String.UnicodeScalarView
    ) -> String.UnicodeScalarView.Index? {
        var index = text.startIndex
        var current = 1
        while current < line {
            guard index < text.endIndex else { return nil }
            let scalar = text[index]
            index = text.index(after: index)
            switch scalar {
            case "\r":
                if index < text.endIndex, text[index] == "\n" { index = text.index(after: index) }
                current += 1
            case "\n", "\u{85}", "\u{2028}", "\u{2029}": current += 1
            default: break
            }
        }
        guard let found = text.index(index, offsetBy: column - 1, limitedBy: text.endIndex), found < text.endIndex
        else { return nil }
        return found
    }
}
