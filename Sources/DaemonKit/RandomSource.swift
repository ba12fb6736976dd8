import Synchronization

/// Where owners take randomness from; tests hand them a seeded one. Copies of a source share their sequence.
package struct RandomSource: RandomNumberGenerator, Sendable {
    private let word: @Sendable () -> UInt64

    /// A source of 64-bit words.
    package init(word: @escaping @Sendable () -> UInt64) {
        self.word = word
    }

    package func next() -> UInt64 { word() }

    /// So many random bytes.
    package func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// The system's, fit for secrets.
    package static let system = RandomSource {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    /// The same words for the same seed (SplitMix64, Steele et al. 2014). Not for secrets.
    package static func seeded(_ seed: UInt64) -> RandomSource {
        let generator = SplitMix64(seed: seed)
        return RandomSource { generator.next() }
    }
}

private final class SplitMix64: Sendable {
    private let state: Mutex<UInt64>

    init(seed: UInt64) {
        state = Mutex(seed)
    }

    func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }
}
