extension SecretWords {
    private static let names = [
        "token", "secret", "password", "passwd", "passphrase", "pwd", "apikey", "accesskey", "privatekey",
        "encryptionkey", "signingkey", "masterkey", "sharedkey", "accountkey", "authkey", "credential",
    ].map { Array($0.utf8) }
    private static let endings = ["_pass", "-pass"].map { Array($0.utf8) }
    /// Those whose value has spaces and semicolons in it.
    private static let headers = ["authorization", "cookie"].map { Array($0.utf8) }
    private static let schemes = ["bearer", "basic"].map { Array($0.utf8) }
    /// Those that stand in a header alone.
    private static let headerSchemes = ["token", "digest", "negotiate"].map { Array($0.utf8) }

    /// A quote, and the backslashes before it: one where a text with quotes stands in another.
    private struct Quote {
        let sign: UInt8
        let slashes: Int
        /// What comes after it.
        let end: Int
    }

    /// Whether a name says that what it names is a secret.
    static func tells(_ name: [UInt8]) -> Bool {
        let lower = lowercase(name)
        let plain = lower.filter { $0 != 0x2D && $0 != 0x5F }
        return names.contains { Redactor.find($0, in: plain[...]) != nil } || isHeader(lower)
            || endings.contains { lower.suffix($0.count).elementsEqual($0) }
    }

    /// Where the value of a name that tells of a secret stands, or the word after `Bearer`: after `name=value`,
    /// `name: value`, `"name": "value"`, `--name value`, `"--name", "value"`.
    func value(after word: Range<Int>) -> Range<Int>? {
        let name = Self.lowercase(line[word])
        guard !Self.schemes.contains(name) else {
            let begin = afterSpaces(word.upperBound)
            return begin > word.upperBound ? plainValue(at: begin) : nil
        }
        guard Self.tells(name) else { return nil }
        let closing = quote(at: word.upperBound)
        let end = closing?.end ?? word.upperBound
        var place = afterSpaces(end)
        let sign = place
        while place < line.count, line[place] == 0x3A || line[place] == 0x3D { place += 1 }
        if place > sign {
            if place < line.count, line[place] == 0x3E { place += 1 }
        } else {
            guard line[word.lowerBound] == 0x2D else { return nil }
            // The next element of a list.
            if closing != nil, place < line.count, line[place] == 0x2C { place += 1 }
            guard place > end else { return nil }
        }
        place = afterSpaces(place)
        let isHeader = Self.isHeader(name)
        if let opening = quote(at: place) {
            return quoted(afterScheme(opening.end, isHeader: isHeader), closedBy: opening)
        }
        place = afterScheme(place, isHeader: isHeader)
        if closing == nil, let opening = quote(before: word.lowerBound) { return quoted(place, closedBy: opening) }
        guard isHeader else { return plainValue(at: place) }
        guard isQuoted else { return place < line.count ? place..<line.count : nil }
        return quoted(place, closedBy: Quote(sign: 0x22, slashes: 0, end: place))
    }

    // MARK: Values

    /// What no quote encloses.
    private func plainValue(at place: Int) -> Range<Int>? {
        guard place < line.count, line[place] != 0x7B else { return nil }
        if line[place] == 0x5B, !line[place...].starts(with: Self.mark) {
            let end = line[place...].firstIndex(of: 0x5D) ?? line.count
            return end > place + 1 ? (place + 1)..<end : nil
        }
        var end = place
        while end < line.count, ![0x20, 0x09, 0x22, 0x27, 0x2C, 0x3B, 0x26, 0x7D, 0x5D].contains(line[end]) {
            if line[end] == 0x5B, line[end...].starts(with: Self.mark) {
                end += Self.mark.count
            } else if line[end] == 0x5C, quote(at: end) != nil {
                break
            } else {
                end += 1
            }
        }
        return end > place ? place..<end : nil
    }

    /// Up to the quote that closes it; to the line's end where there is none.
    private func quoted(_ begin: Int, closedBy quote: Quote) -> Range<Int>? {
        var (place, slashes) = (begin, 0)
        while place < line.count {
            let isClosing = quote.slashes == 0 ? slashes.isMultiple(of: 2) : slashes == quote.slashes
            if line[place] == quote.sign, isClosing {
                let end = place - quote.slashes
                return end > begin ? begin..<end : nil
            }
            slashes = line[place] == 0x5C ? slashes + 1 : 0
            place += 1
        }
        return place > begin ? begin..<place : nil
    }

    // MARK: What stands around them

    private func afterSpaces(_ place: Int) -> Int {
        line[place...].firstIndex { $0 != 0x20 && $0 != 0x09 } ?? line.count
    }

    /// After `Bearer ` and its like.
    private func afterScheme(_ place: Int, isHeader: Bool) -> Int {
        for scheme in Self.schemes + (isHeader ? Self.headerSchemes : [])
        where Self.lowercase(line[place...].prefix(scheme.count)) == scheme {
            let end = place + scheme.count
            let next = afterSpaces(end)
            if next > end, next < line.count { return next }
        }
        return place
    }

    private func quote(at place: Int) -> Quote? {
        var end = place
        while end < line.count, line[end] == 0x5C { end += 1 }
        guard end < line.count, line[end] == 0x22 || line[end] == 0x27 else { return nil }
        return Quote(sign: line[end], slashes: end - place, end: end + 1)
    }

    private func quote(before place: Int) -> Quote? {
        guard place > 0, line[place - 1] == 0x22 || line[place - 1] == 0x27 else { return nil }
        var begin = place - 1
        while begin > 0, line[begin - 1] == 0x5C { begin -= 1 }
        return Quote(sign: line[place - 1], slashes: place - 1 - begin, end: place)
    }

    private static func isHeader(_ lower: [UInt8]) -> Bool {
        headers.contains { Redactor.find($0, in: lower[...]) != nil }
    }

    private static func lowercase(_ word: some Sequence<UInt8>) -> [UInt8] {
        word.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
    }
}
