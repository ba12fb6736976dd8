/// Takes secrets out of texts before anybody else gets them: what is told to it, and what looks like one.
///
/// It is told the values of every variable that a revision gives its processes. It knows private keys in PEM, words such as
/// `muster-host-…` and JSON web tokens, what follows `password=` and its like, `Bearer`, and what stands before the @ of a
/// URL, and long words of mixed letters and digits as keys have them. It cannot know a secret that looks like any other word.
package struct Redactor: Sendable {
    /// What stands in a secret's place.
    package static let mark = "[redacted]"
    /// The longest line of a log, in bytes.
    package static let longestLine = 64 << 10
    /// A value that is shorter would take half of every text with it.
    private static let shortestValue = 6
    /// The lines of PEM, but for the last, have 64 bytes; those of MIME up to 76.
    private static let blockLine = 60
    /// Variables that hold paths and languages.
    private static let harmless: Set<String> = ["PATH", "HOME", "LANG", "PYTHONPATH", "LD_LIBRARY_PATH"]

    private let values: [[UInt8]]
    private var isInKey = false
    private var isInBlock = false

    /// A redactor of one text.
    ///
    /// - Parameter environments: variables by name, whose values are secrets.
    package init(environments: [[String: String]]) {
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
    package mutating func line(_ line: [UInt8], limit: Int = longestLine) -> [UInt8] {
        guard line.count <= limit else { return Array("[a line of \(line.count) bytes is left out]".utf8) }
        guard !isOfBlock(line) else { return Array(Self.mark.utf8) }
        var line = withoutKey(line)
        for value in values { line = Self.replacing(value, in: line) }
        return SecretWords.removed(from: line)
    }

    /// A text that is not one of several lines, without its secrets.
    ///
    /// - Parameter name: what it is called, or the option that it follows.
    package func text(_ text: String, named name: String? = nil) -> String {
        if let name, !text.isEmpty, SecretWords.tells(Array(name.utf8)) { return Self.mark }
        var redactor = self
        return String(decoding: redactor.line(Array(text.utf8), limit: .max), as: UTF8.self)
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

    /// Whether a line is one of a key whose beginning was never seen: long lines of base64, and the one that ends them.
    private mutating func isOfBlock(_ line: [UInt8]) -> Bool {
        var word = line.drop { $0 == 0x20 || $0 == 0x09 }
        while let last = word.last, last == 0x20 || last == 0x0D { word.removeLast() }
        let isWhole = !word.isEmpty && word.allSatisfy { SecretWords.isBase64($0) || $0 == 0x3D }
        let isLong = word.count >= Self.blockLine
        let isOne = isWhole && (isInBlock || isLong && SecretWords.isMixed(word) && SecretWords.isUnspoken(word))
        isInBlock = isOne && isLong
        return isOne
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

    /// Where a word stands first.
    static func find(_ word: [UInt8], in line: ArraySlice<UInt8>) -> Int? {
        guard let first = word.first, line.count >= word.count else { return nil }
        for place in line.startIndex...(line.endIndex - word.count) where line[place] == first {
            if line[place..<(place + word.count)].elementsEqual(word) { return place }
        }
        return nil
    }
}
