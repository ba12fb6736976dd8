/// A set of small numbers 0..<capacity that finds its smallest member fast: two levels of bits.
struct PositionSet: Sendable {
    private var words: [UInt64]
    private var summary: [UInt64]
    /// How many members it has.
    private(set) var count = 0

    init(capacity: Int) {
        words = Array(repeating: 0, count: (capacity + 63) / 64)
        summary = Array(repeating: 0, count: (words.count + 63) / 64)
    }

    var isEmpty: Bool { count == 0 }

    func contains(_ position: Int) -> Bool {
        words[position >> 6] & (1 << UInt64(position & 63)) != 0
    }

    mutating func insert(_ position: Int) {
        let word = position >> 6
        let bit = UInt64(1) << UInt64(position & 63)
        guard words[word] & bit == 0 else { return }
        words[word] |= bit
        summary[word >> 6] |= 1 << UInt64(word & 63)
        count += 1
    }

    mutating func remove(_ position: Int) {
        let word = position >> 6
        let bit = UInt64(1) << UInt64(position & 63)
        guard words[word] & bit != 0 else { return }
        words[word] &= ~bit
        if words[word] == 0 { summary[word >> 6] &= ~(1 << UInt64(word & 63)) }
        count -= 1
    }

    /// The smallest member.
    var first: Int? {
        for (index, bits) in summary.enumerated() where bits != 0 {
            let word = index << 6 + bits.trailingZeroBitCount
            return word << 6 + words[word].trailingZeroBitCount
        }
        return nil
    }

    /// Takes all members out, in their order.
    mutating func removeAll() -> [Int] {
        var members: [Int] = []
        members.reserveCapacity(count)
        while let position = first {
            remove(position)
            members.append(position)
        }
        return members
    }
}
