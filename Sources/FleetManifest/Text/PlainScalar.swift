/// What an unquoted YAML word stands for. YAML 1.1 and 1.2 differ over some words; those are called ambiguous and must be
/// quoted or written in JSON's way.
enum PlainScalar {
    /// Reads an unquoted word.
    static func value(of text: String) -> ManifestNode.Value {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .boolean(true)
        case "false", "False", "FALSE": return .boolean(false)
        case "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF": return .ambiguous(text)
        default: break
        }
        let bytes = Array(text.utf8)
        if jsonNumberPrefix(of: bytes[...]) == bytes.count { return .number(text) }
        return isOtherNumber(bytes) ? .ambiguous(text) : .string(text)
    }

    /// How many bytes at the beginning are a number of RFC 8259; 0 when there is none.
    static func jsonNumberPrefix(of bytes: ArraySlice<UInt8>) -> Int {
        var rest = bytes
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let whole = rest.prefix(while: isDigit)
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return 0 }
        rest = rest.dropFirst(whole.count)
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: isDigit)
            guard !fraction.isEmpty else { return bytes.count - rest.count }
            rest = rest.dropFirst(1 + fraction.count)
        }
        if let sign = rest.first, sign == UInt8(ascii: "e") || sign == UInt8(ascii: "E") {
            var exponent = rest.dropFirst()
            if exponent.first == UInt8(ascii: "+") || exponent.first == UInt8(ascii: "-") { exponent.removeFirst() }
            let digits = exponent.prefix(while: isDigit)
            guard !digits.isEmpty else { return bytes.count - rest.count }
            rest = exponent.dropFirst(digits.count)
        }
        return bytes.count - rest.count
    }

    /// Whether some version of YAML reads a number that JSON would not: `+1`, `0x1F`, `0o17`, `017`, `1_000`, `.5`, `5.`,
    /// `.inf`, `12:30`.
    private static func isOtherNumber(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let word = String(decoding: rest, as: UTF8.self).lowercased()
        if word == ".inf" || word == ".nan" { return true }
        for (prefix, digits) in [("0x", "0123456789abcdef_"), ("0o", "01234567_"), ("0b", "01_")]
        where word.hasPrefix(prefix) && word.count > 2 {
            return word.dropFirst(2).allSatisfy(digits.contains)
        }
        guard rest.contains(where: isDigit) else { return false }
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count > 1 { return parts.allSatisfy { !$0.isEmpty && $0.count <= 2 && $0.utf8.allSatisfy(isDigit) } }
        return isDecimal(rest)
    }

    private static func isDecimal(_ bytes: ArraySlice<UInt8>) -> Bool {
        func isDigitOrBar(_ byte: UInt8) -> Bool { isDigit(byte) || byte == UInt8(ascii: "_") }
        var rest = bytes.drop(while: isDigitOrBar)
        if bytes.first == UInt8(ascii: "_") { return false }
        if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop(while: isDigitOrBar) }
        if let letter = rest.first, letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard let first = rest.first, isDigit(first) else { return false }
            rest = rest.drop(while: isDigit)
        }
        return rest.isEmpty
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
