/// Values in order.
struct Spread {
    private let sorted: [Double]

    init(_ values: [Double]) {
        sorted = values.sorted()
    }

    /// The value that this share of them does not exceed (nearest rank); 0 without any.
    func at(_ share: Double) -> Double {
        guard let last = sorted.indices.last else { return 0 }
        return sorted[min(last, max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1))]
    }
}
