/// How many hosts stand where; what is 0 is left out. Each host counts once, so that the counts sum.
package struct HostCounts<Word: CountedWord>: Hashable, Sendable, Codable {
    private var values: [String: Int]

    /// Nobody.
    package init() {
        values = [:]
    }

    package init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: Int].self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(values)
    }

    /// So many stand there.
    package subscript(word: Word) -> Int { values[word.rawValue] ?? 0 }

    /// How many there are altogether.
    package var total: Int { values.values.reduce(0, +) }

    /// More hosts stand there.
    package mutating func add(_ word: Word, _ count: Int = 1) {
        guard count != 0 else { return }
        values[word.rawValue, default: 0] += count
    }

    /// All of another count too.
    package mutating func add(_ other: HostCounts) {
        for word in Word.reading { add(word, other[word]) }
    }

    /// `17 verified, 3 moving`: what is 0 is left out.
    package var text: String {
        Word.reading.filter { self[$0] > 0 }.map { "\(self[$0]) \($0.words)" }.joined(separator: ", ")
    }
}
