/// Takes the words out of a line that are secrets by their looks, or by what stands before them.
struct SecretWords {
    private static let beginnings = [
        "muster-host-", "muster-op-", "AKIA", "ASIA", "eyJ", "ghp_", "gho_", "github_pat_", "glpat-", "hf_", "sk-",
        "xoxb-",
        "xoxp-",
    ].map { Array($0.utf8) }
    static let mark = Array(Redactor.mark.utf8)
    /// A word of base64 that is as long is a key.
    private static let keyLength = 40

    let line: [UInt8]
    /// Whether `place` is between double quotes.
    private(set) var isQuoted = false
    private var place = 0
    private var kept: [UInt8] = []

    private init(_ line: [UInt8]) {
        self.line = line
        kept.reserveCapacity(line.count)
    }

    /// A line without them.
    static func removed(from line: [UInt8]) -> [UInt8] {
        var words = SecretWords(withoutKeys(line))
        words.run()
        return withoutLogins(words.kept)
    }

    private mutating func run() {
        while place < line.count {
            guard Self.isOfWord(line[place]) else {
                keep(to: place + 1)
                continue
            }
            var end = place
            while end < line.count, Self.isOfWord(line[end]) { end += 1 }
            let word = line[place..<end]
            if Self.isKey(word) {
                while end < line.count, Self.isOfWord(line[end]) || Self.isBase64(line[end]) || line[end] == 0x3D {
                    end += 1
                }
                drop(to: end)
            } else if Self.beginnings.contains(where: { word.starts(with: $0) && word.count >= $0.count + 8 }) {
                drop(to: end)
            } else if let value = value(after: place..<end) {
                keep(to: value.lowerBound)
                drop(to: value.upperBound)
            } else {
                keep(to: end)
            }
        }
    }

    private mutating func keep(to end: Int) {
        kept += line[place..<end]
        go(to: end)
    }

    private mutating func drop(to end: Int) {
        kept += Self.mark
        go(to: end)
    }

    private mutating func go(to end: Int) {
        for at in place..<end where line[at] == 0x22 && (at == 0 || line[at - 1] != 0x5C) { isQuoted.toggle() }
        place = end
    }

    /// Keys in base64 whose slashes make several words of them.
    private static func withoutKeys(_ line: [UInt8]) -> [UInt8] {
        guard line.contains(0x2F) else { return line }
        var kept: [UInt8] = []
        var place = 0
        while place < line.count {
            var end = place
            while end < line.count, isBase64(line[end]) { end += 1 }
            guard end > place else {
                kept.append(line[place])
                place += 1
                continue
            }
            let run = line[place..<end]
            if run.count >= keyLength, run.contains(0x2F), isMixed(run), isUnspoken(run) {
                while end < line.count, line[end] == 0x3D { end += 1 }
                kept += mark
            } else {
                kept += run
            }
            place = end
        }
        return kept
    }

    /// Whether capitals and digits stand where no path has them: in one of ten places at least; by chance it is three.
    static func isUnspoken(_ run: ArraySlice<UInt8>) -> Bool {
        let odd = zip(run, run.dropFirst()).count { first, second in
            isCapital(second) && (isSmall(first) || isDigit(first)) || isCapital(first) && isDigit(second)
        }
        return odd >= run.count / 10
    }

    /// `scheme://name:password@host` without what stands before the @.
    private static func withoutLogins(_ line: [UInt8]) -> [UInt8] {
        let sign = Array("://".utf8)
        var kept: [UInt8] = []
        var rest = line[...]
        while let place = Redactor.find(sign, in: rest) {
            let begin = place + sign.count
            let authority = rest[begin...].prefix { ![0x20, 0x2F, 0x22, 0x27, 0x3F, 0x23].contains($0) }
            kept += rest[..<begin]
            if let at = authority.lastIndex(of: 0x40) {
                kept += mark
                rest = rest[at...]
            } else {
                rest = rest[begin...]
            }
        }
        return kept + rest
    }

    /// Forty letters and more, large and small and digits mixed: base64, as keys have it, and no digest in hexadecimal.
    private static func isKey(_ word: ArraySlice<UInt8>) -> Bool {
        word.count >= keyLength && isMixed(word) && !word.contains(0x2E)
    }

    /// Whether there are large and small letters and digits.
    static func isMixed(_ word: ArraySlice<UInt8>) -> Bool {
        word.contains(where: isCapital) && word.contains(where: isSmall) && word.contains(where: isDigit)
    }

    /// Whether base64 has it, but for its end.
    static func isBase64(_ byte: UInt8) -> Bool {
        isCapital(byte) || isSmall(byte) || isDigit(byte) || byte == 0x2B || byte == 0x2F
    }

    /// Letters, digits, and what names and tokens are made of besides.
    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E, 0x5F, 0x80...: true
        default: false
        }
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
    private static func isSmall(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
