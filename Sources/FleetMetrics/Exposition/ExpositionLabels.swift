/// The labels of one sample as they stand in the document: read on demand, checked before.
package struct ExpositionLabels: Hashable, Sendable {
    /// One label.
    package struct Label: Hashable, Sendable {
        /// The name, without quotes.
        package var name: ExpositionToken
        /// The value, without quotes and with its escapes: `ExpositionToken.text` undoes them.
        package var value: ExpositionToken
    }

    /// What stands between the braces.
    let range: Range<Int>
    /// How many there are.
    package let count: Int

    init(_ range: Range<Int>, count: Int) {
        self.range = range
        self.count = count
    }

    static let none = ExpositionLabels(0..<0, count: 0)

    /// Calls for each label, in the order of the document, until `body` returns false.
    package func forEach(in document: Span<UInt8>, _ body: (Label) -> Bool) {
        var cursor = ExpositionCursor(range.lowerBound, end: range.upperBound)
        while let label = cursor.checkedLabel(in: document) {
            guard body(label) else { return }
        }
    }

    /// The value of a label, with its escapes.
    package func value(of name: String, in document: Span<UInt8>) -> ExpositionToken? {
        var found: ExpositionToken?
        forEach(in: document) { label in
            guard label.name.equals(name, in: document) else { return true }
            found = label.value
            return false
        }
        return found
    }
}
