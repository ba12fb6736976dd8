/// What strangers wrote, for a line of a terminal: no control characters, no reversed writing, not without end.
enum PrintableText {
    /// The text with escapes in the place of what a terminal would act on, cut in its middle beyond `limit` characters.
    static func of(_ text: String, limit: Int = 600) -> String {
        let isClean = text.unicodeScalars.allSatisfy { !isActive($0) }
        guard !isClean || text.utf8.count > limit else { return text }
        var scalars = Array(text.unicodeScalars)
        if scalars.count > limit {
            let kept = (limit - 1) / 2
            scalars = scalars.prefix(kept) + ["…"] + scalars.suffix(kept)
        }
        return scalars.reduce(into: "") { $0 += isActive($1) ? escaped($1) : String($1) }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        }
    }

    /// Control characters, line and paragraph separators, marks of direction (Unicode's `Bidi_Control`) and of byte order.
    private static func isActive(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
