/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine. All chance in a history comes from here.
package struct SimulationDice: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Dice that a seed and a stream's number decide: one stream does not disturb another.
    package init(seed: UInt64, stream: UInt64 = 0) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 ^ stream &* 0xD1B5_4A32_D192_ED03
        _ = next()
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    /// Spreads a number's bits.
    static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in 0 ..< 1.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Whether something of this probability happens.
    mutating func chance(_ probability: Double) -> Bool { fraction() < probability }

    /// Uniform in 0 ..< `count`.
    mutating func below(_ count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(max(count, 1))).high) }

    /// Uniform in a range of milliseconds.
    mutating func time(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(below(Int(range.upperBound - range.lowerBound + 1)))
    }

    /// One of them; there must be one.
    mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
}
