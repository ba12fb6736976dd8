import Fleet

/// Takes secrets out of texts before they leave the host: what is told to it, and what looks like one.
///
/// It is told the values of every variable that a revision gives its processes. It knows private keys in PEM, words such as
/// `muster-host-…` and JSON web tokens, what follows `password=` and its like, `Bearer`, and what stands before the @ of a
/// URL, and long words of mixed letters and digits as keys have them. It cannot know a secret that looks like any other word.
struct Redactor: Sendable {
    /// What stands in a secret's place.
    static let mark = "[redacted]"
    /// The longest line of a log, in bytes.
    static let longestLine = 64 << 10
    /// A value that is shorter would take half of every text with it.
    private static let shortestValue = 6
    /// Variables that hold paths and languages.
    private static let harmless: Set<String> = ["PATH", "HOME", "LANG", "PYTHONPATH", "LD_LIBRARY_PATH"]
    private static let names = [
        "token", "secret", "password", "passwd", "pwd", "apikey", "api_key", "api-key", "access_key", "accesskey",
        "private_key", "credential", "authorization", "cookie",
    ].map { Array($0.utf8) }
    private static let beginnings = [
        "muster-host-", "muster-op-", "AKIA", "ASIA", "eyJ", "ghp_", "gho_", "github_pat_", "glpat-", "hf_", "sk-",
        "xoxb-",
        "xoxp-",
    ].map { Array($0.utf8) }
    private static let schemes = ["bearer", "basic"].map { Array($0.utf8) }

    private let values: [[UInt8]]
    private var isInKey = false

    /// - Parameter environments: variables by name, whose values are secrets.
    init(environments: [[String: String]]) {
        var values: Set<[UInt8]> = []
        for (name, value) in environments.joined() where !Self.harmless.contains(name) {
            for line in value.split(whereSeparator: \.isNewline) where line.utf8.count >= Self.shortestValue {
                values.insert(Array(line.utf8))
                // As JSON writes it.
                values.insert(Array(JSONValue.string(String(line)).compactText.utf8.dropFirst().dropLast()))
            }
        }
        // One that holds another goes first.
        self.values = values.sorted { $0.count > $1.count }
    }

    /// A line without its secrets; lines of one text come in order.
    ///
    /// - Parameter limit: a longer line is left out: a secret must not be cut in two.
    mutating func line(_ line: [UInt8], limit: Int = longestLine) -> [UInt8] {
        guard line.count <= limit else { return Array("[a line of \(line.count) bytes is left out]".utf8) }
        var line = withoutKey(line)
        for value in values { line = Self.replacing(value, in: line) }
        return Self.withoutWords(line)
    }

    // MARK: Private keys

    private mutating func withoutKey(_ line: [UInt8]) -> [UInt8] {
        let (begin, end) = (Array("-----BEGIN ".utf8), Array("-----END ".utf8))
        var rest = line[...]
        var kept: [UInt8] = []
        while true {
            if isInKey {
                guard let place = Self.find(end, in: rest) else { return kept + Array(Self.mark.utf8) }
                isInKey = false
                kept += Array(Self.mark.utf8)
                rest = rest[(place + end.count)...]
            }
            guard let place = Self.find(begin, in: rest) else { return kept + rest }
            guard Self.find(Array("PRIVATE KEY".utf8), in: rest[place...]) != nil else { return kept + rest }
            kept += rest[..<place]
            rest = rest[(place + begin.count)...]
            isInKey = true
        }
    }

    // MARK: Words

    private static func withoutWords(_ line: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        kept.reserveCapacity(line.count)
        var place = 0
        while place < line.count {
            guard isOfWord(line[place]) else {
                kept.append(line[place])
                place += 1
                continue
            }
            var end = place
            while end < line.count, isOfWord(line[end]) { end += 1 }
            let word = line[place..<end]
            if beginnings.contains(where: { word.starts(with: $0) && word.count >= $0.count + 8 }) || isKey(word) {
                kept += Array(mark.utf8)
                place = end
            } else if let value = valueAfter(word, at: end, in: line) {
                kept += word + line[end..<value.lowerBound] + Array(mark.utf8)
                place = value.upperBound
            } else {
                kept += word
                place = end
            }
        }
        return withoutLogins(kept)
    }

    /// Where the value of a name that tells of a secret stands, or the word after `Bearer`.
    private static func valueAfter(_ word: ArraySlice<UInt8>, at end: Int, in line: [UInt8]) -> Range<Int>? {
        let lower = word.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        var place = end
        if schemes.contains(lower) {
            while place < line.count, line[place] == 0x20 { place += 1 }
            guard place > end else { return nil }
        } else {
            guard names.contains(where: { find($0, in: lower[...]) != nil }) else { return nil }
            // `name=value`, `name: value`, `"name": "value"`, `name value` of a command line's option.
            var isAssigned = false
            while place < line.count, [0x20, 0x22, 0x27, 0x3A, 0x3D, 0x5C, 0x3E].contains(line[place]) {
                isAssigned = isAssigned || line[place] == 0x3A || line[place] == 0x3D
                place += 1
            }
            guard isAssigned || (line[word.startIndex] == 0x2D && place > end) else { return nil }
            let rest = line[place...]
            for scheme in schemes where rest.prefix(scheme.count).map({ $0 | 0x20 }) == scheme {
                place += scheme.count + 1
            }
            place = min(place, line.count)
        }
        var last = place
        while last < line.count, ![0x20, 0x09, 0x22, 0x27, 0x2C, 0x3B, 0x26, 0x7D, 0x5D].contains(line[last]) {
            last += 1
        }
        return last > place ? place..<last : nil
    }

    /// `scheme://name:password@host` without what stands before the @.
    private static func withoutLogins(_ line: [UInt8]) -> [UInt8] {
        let sign = Array("://".utf8)
        var kept: [UInt8] = []
        var rest = line[...]
        while let place = find(sign, in: rest) {
            let begin = place + sign.count
            let authority = rest[begin...].prefix { ![0x20, 0x2F, 0x22, 0x27, 0x3F, 0x23].contains($0) }
            kept += rest[..<begin]
            if let at = authority.lastIndex(of: 0x40) {
                kept += Array(mark.utf8)
                rest = rest[at...]
            } else {
                rest = rest[begin...]
            }
        }
        return kept + rest
    }

    /// Forty letters and more, large and small and digits mixed: base64, as keys have it, and no digest in hexadecimal.
    private static func isKey(_ word: ArraySlice<UInt8>) -> Bool {
        word.count >= 40 && word.contains { (0x41...0x5A).contains($0) } && word.contains { (0x61...0x7A).contains($0) }
            && word.contains { (0x30...0x39).contains($0) } && !word.contains(0x2E)
    }

    /// Letters, digits, and what names and tokens are made of besides.
    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E, 0x5F, 0x80...: true
        default: false
        }
    }

    // MARK: Bytes

    private static func replacing(_ value: [UInt8], in line: [UInt8]) -> [UInt8] {
        guard var place = find(value, in: line[...]) else { return line }
        var kept: [UInt8] = []
        var rest = line[...]
        while true {
            kept += rest[..<place] + Array(mark.utf8)
            rest = rest[(place + value.count)...]
            guard let next = find(value, in: rest) else { return kept + rest }
            place = next
        }
    }

    private static func find(_ word: [UInt8], in line: ArraySlice<UInt8>) -> Int? {
        guard let first = word.first, line.count >= word.count else { return nil }
        for place in line.startIndex...(line.endIndex - word.count) where line[place] == first {
            if line[place..<(place + word.count)].elementsEqual(word) { return place }
        }
        return nil
    }
}
