import Fleet

/// What a digest looks like, and what went wrong where a text is none.
enum DigestRule {
    private static let digits = 64

    /// Why `text` is not a digest, or `nil`.
    static func problem(with text: String) -> String? {
        guard Digest(text) == nil else { return nil }
        let form = "is not 'sha256:' and \(digits) lowercase hexadecimal digits"
        let prefix = "sha256:"
        guard text.hasPrefix(prefix) else {
            let isBare = text.utf8.count == digits && text.utf8.allSatisfy(isHexadecimal)
            return isBare ? "\(form): 'sha256:' is missing at its beginning" : form
        }
        let rest = text.dropFirst(prefix.count)
        if Digest(text.lowercased()) != nil { return "\(form): it holds capitals" }
        if let wrong = rest.unicodeScalars.first(where: { !$0.isASCII || !isHexadecimal(UInt8($0.value)) }) {
            return "\(form): it holds '\(wrong)'"
        }
        let count = rest.utf8.count
        guard count != digits else { return form }
        return "\(form): it has \(count) of them, so it was \(count < digits ? "cut" : "lengthened")"
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}
