/// What names, label keys and label values may look like.
package enum NameRule {
    /// Why `text` is not an object's name, or `nil` when it is one: 1–63 of `a–z 0–9 - .`, beginning and ending with a
    /// letter or digit (RFC 1123 labels, with dots so that `fraud-1.2.0` is a name).
    package static func problem(withName text: String) -> String? {
        guard let problem = plainProblem(withName: text) else { return nil }
        let bytes = text.lowercased().utf8.map { [0x20, 0x2F, 0x3A, 0x5F].contains($0) ? 0x2D : $0 }
        let name = String(decoding: bytes, as: UTF8.self)
        guard !problem.contains("write it"), plainProblem(withName: name) == nil else { return problem }
        return "\(problem); write it like '\(name)'"
    }

    private static func plainProblem(withName text: String) -> String? {
        problem(
            with: text,
            limit: 63,
            allowed: "a-z 0-9 - .",
            inner: { isLower($0) || isDigit($0) || $0 == 0x2D || $0 == 0x2E }
        ) {
            isLower($0) || isDigit($0)
        }
    }

    /// Why `text` is not a label's key, or `nil`: 1–63 of `A–Z a–z 0–9 - _ . /`, letter or digit at both ends.
    package static func problem(withLabelKey text: String) -> String? {
        problem(
            with: text,
            limit: 63,
            allowed: "A-Z a-z 0-9 - _ . /",
            inner: { isWord($0) || $0 == 0x2F },
            edge: isAlphanumeric
        )
    }

    /// Why `text` is not a label's value, or `nil`: empty, or up to 256 of `A–Z a–z 0–9 - _ .`, letter or digit at both ends.
    package static func problem(withLabelValue text: String) -> String? {
        text.isEmpty
            ? nil : problem(with: text, limit: 256, allowed: "A-Z a-z 0-9 - _ .", inner: isWord, edge: isAlphanumeric)
    }

    /// Why `text` is not a version, or `nil`: 1–63 of `A–Z a–z 0–9 - _ . +`, letter or digit at both ends.
    package static func problem(withVersion text: String) -> String? {
        problem(
            with: text,
            limit: 63,
            allowed: "A-Z a-z 0-9 - _ . +",
            inner: { isWord($0) || $0 == 0x2B },
            edge: isAlphanumeric
        )
    }

    /// Why `text` is not the name of an environment variable, or `nil`: letters, digits and `_`, not beginning with a digit.
    package static func problem(withVariable text: String) -> String? {
        let bytes = Array(text.utf8)
        guard let first = bytes.first else { return "is empty" }
        guard bytes.count <= 128 else { return "is longer than 128 bytes" }
        guard !isDigit(first), bytes.allSatisfy({ isAlphanumeric($0) || $0 == 0x5F }) else {
            return "may hold letters, digits and '_' only, and not begin with a digit"
        }
        return nil
    }

    /// Why `text` is not the name of a user, or `nil`: 1–32 of `a–z 0–9 - _`, beginning with a letter or `_` (useradd(8)).
    package static func problem(withUser text: String) -> String? {
        let bytes = Array(text.utf8)
        guard let first = bytes.first else { return "is empty" }
        guard bytes.count <= 32 else { return "is longer than 32 bytes" }
        func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || byte == 0x5F }
        guard isLetter(first), bytes.allSatisfy({ isLetter($0) || isDigit($0) || $0 == 0x2D }) else {
            return "may hold small letters, digits, '-' and '_' only, and begin with a letter or '_'"
        }
        return nil
    }

    private static func problem(
        with text: String,
        limit: Int,
        allowed: String,
        inner: (UInt8) -> Bool,
        edge: (UInt8) -> Bool
    ) -> String? {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last else { return "is empty" }
        guard bytes.count <= limit else { return "is longer than \(limit) bytes" }
        let wrong = edge(first) ? bytes.firstIndex { !inner($0) } ?? (edge(last) ? nil : bytes.count - 1) : 0
        guard let wrong else { return nil }
        let small = text.lowercased()
        if small != text, small.utf8.allSatisfy(inner), small.utf8.first.map(edge) == true,
            small.utf8.last.map(edge) == true
        {
            return "holds capitals; write it in small letters: '\(small)'"
        }
        let sign = sign(in: text, at: wrong)
        guard inner(bytes[wrong]) else { return "holds \(sign) at position \(wrong + 1); allowed are \(allowed)" }
        return "\(wrong == 0 ? "begins" : "ends") with \(sign); it must begin and end with a letter or a digit"
    }

    /// The character that a byte belongs to, for people.
    private static func sign(in text: String, at offset: Int) -> String {
        let index = text.utf8.index(text.utf8.startIndex, offsetBy: offset)
        let scalar = text.unicodeScalars[index]
        return scalar == " " ? "a space" : scalar.value < 0x21 ? "a control character" : "'\(scalar)'"
    }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLower(byte) || isDigit(byte) || (0x41...0x5A).contains(byte)
    }
    private static func isWord(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == 0x2D || byte == 0x5F || byte == 0x2E
    }
}
