/// A place in one line, and how the line's parts are read from there. After a failure it stands where the failure is.
struct ExpositionCursor {
    private(set) var place: Int
    let end: Int

    init(_ place: Int, end: Int) {
        self.place = place
        self.end = end
    }

    /// Whether the line is over.
    var isAtEnd: Bool { place >= end }

    /// Whether the line goes on with this character.
    func isAt(_ character: Unicode.Scalar, in document: Span<UInt8>) -> Bool {
        place < end && document[place] == UInt8(ascii: character)
    }

    /// Passes one byte.
    mutating func advance() { place += 1 }

    mutating func skipBlanks(in document: Span<UInt8>) {
        while place < end, Self.isBlank(document[place]) { place += 1 }
    }

    /// What comes before the next blank; may be empty.
    mutating func word(in document: Span<UInt8>) -> ExpositionToken {
        let begin = place
        while place < end, !Self.isBlank(document[place]) { place += 1 }
        return ExpositionToken(begin..<place)
    }

    /// A metric's name: `[a-zA-Z_:][a-zA-Z0-9_:]*`; empty when there is none.
    mutating func metricName(in document: Span<UInt8>) -> ExpositionToken {
        let begin = place
        guard place < end, Self.beginsName(document[place]) else { return ExpositionToken(begin..<begin) }
        place += 1
        while place < end, Self.continuesName(document[place]) { place += 1 }
        return ExpositionToken(begin..<place)
    }

    /// What stands in quotes, which are passed.
    mutating func quoted(in document: Span<UInt8>) throws(ExpositionProblem.Kind) -> ExpositionToken {
        guard isAt("\"", in: document) else { throw .labelValue }
        place += 1
        let begin = place
        while place < end {
            switch document[place] {
            case UInt8(ascii: "\""):
                place += 1
                return ExpositionToken(begin..<(place - 1))
            case UInt8(ascii: "\\"):
                place += 1
                guard place < end else { throw .labelValue }
                switch document[place] {
                case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "n"): place += 1
                default: throw .escape
                }
            default: place += 1
            }
        }
        throw .labelValue
    }

    /// `name="value"` and what separates it from the next; `nil` at the end of the labels, whose brace is passed.
    ///
    /// - Parameter name: the metric's own name, when it stands in quotes among the labels.
    mutating func label(
        in document: Span<UInt8>,
        metric: inout ExpositionToken
    ) throws(ExpositionProblem.Kind) -> ExpositionLabels.Label? {
        while true {
            skipBlanks(in: document)
            if isAt("}", in: document) {
                place += 1
                return nil
            }
            let isQuoted = isAt("\"", in: document)
            let name = isQuoted ? try quoted(in: document) : metricName(in: document)
            guard !name.isEmpty else { throw .labelName }
            skipBlanks(in: document)
            if isQuoted, metric.isEmpty, !isAt("=", in: document) {
                metric = name
                try separator(in: document)
                continue
            }
            guard isAt("=", in: document) else { throw .labelName }
            place += 1
            skipBlanks(in: document)
            let value = try quoted(in: document)
            skipBlanks(in: document)
            try separator(in: document)
            return ExpositionLabels.Label(name: name, value: value)
        }
    }

    /// The next of labels that were read before without a failure.
    mutating func checkedLabel(in document: Span<UInt8>) -> ExpositionLabels.Label? {
        var metric = ExpositionToken.empty
        return try? label(in: document, metric: &metric)
    }

    /// A comma is passed; a closing brace is left to be seen.
    private mutating func separator(in document: Span<UInt8>) throws(ExpositionProblem.Kind) {
        if isAt(",", in: document) {
            place += 1
        } else if !isAt("}", in: document) {
            throw .labelEnd
        }
    }

    /// A number that the next blank, or the line, ends.
    mutating func number(in document: Span<UInt8>) throws(ExpositionProblem.Kind) -> Double {
        let begin = place
        guard let value = DecimalText.double(word(in: document), in: document) else {
            place = begin
            throw .value
        }
        return value
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private static func beginsName(_ byte: UInt8) -> Bool {
        // Setting bit 5 makes a letter small, and nothing else a letter.
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
    }

    private static func continuesName(_ byte: UInt8) -> Bool {
        beginsName(byte) || byte &- UInt8(ascii: "0") < 10
    }
}
