/// Why something failed, for people: words that may come from a model server, and so from anybody.
package enum CauseText {
    /// The longest reason, in bytes of UTF-8.
    package static let limit = 1024
    /// The longest single cause: reasons say something beside it.
    package static let causeLimit = 768

    /// The text without what moves a terminal's cursor or turns its writing around, cut to so many bytes.
    package static func clean(_ text: String, limit: Int = CauseText.limit) -> String {
        // Nearly every text is plain.
        if text.utf8.count <= limit, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        let ellipsis = "…"
        var clean = ""
        var bytes = 0
        for scalar in text.unicodeScalars {
            let safe = replacement(of: scalar)
            let size = Unicode.UTF8.width(safe)
            guard bytes + size <= limit else {
                while bytes + ellipsis.utf8.count > limit, let last = clean.unicodeScalars.popLast() {
                    bytes -= Unicode.UTF8.width(last)
                }
                return clean + ellipsis
            }
            clean.unicodeScalars.append(safe)
            bytes += size
        }
        return clean
    }

    private static func replacement(of scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "\n", "\r", "\t": return " "
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: return "\u{FFFD}"
        default: return scalar
        }
    }
}
