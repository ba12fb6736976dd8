/// How many hosts of a rollback have which kind of receipt; what is 0 is left out. Each host of each deployment counts once,
/// so that the counts sum.
package struct ReceiptCounts: Hashable, Sendable, Codable {
    private var values: [String: Int]

    /// Nobody.
    package init() {
        values = [:]
    }

    /// The hosts with these receipts.
    package init(_ receipts: some Sequence<Receipt>) {
        self.init()
        for receipt in receipts { add(receipt.kind) }
    }

    package init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: Int].self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(values)
    }

    /// So many have a receipt of this kind.
    package subscript(kind: Receipt.Kind) -> Int { values[kind.rawValue] ?? 0 }

    /// How many there are altogether.
    package var total: Int { values.values.reduce(0, +) }

    /// More have one of this kind.
    package mutating func add(_ kind: Receipt.Kind, _ count: Int = 1) {
        guard count != 0 else { return }
        values[kind.rawValue, default: 0] += count
    }

    /// All of another count too.
    package mutating func add(_ other: ReceiptCounts) {
        for kind in Receipt.Kind.allCases { add(kind, other[kind]) }
    }

    /// `17 done, 3 in progress`: what is 0 is left out.
    package var text: String {
        Receipt.Kind.allCases.filter { self[$0] > 0 }.map { "\(self[$0]) \($0.words)" }.joined(separator: ", ")
    }
}
