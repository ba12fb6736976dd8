import DaemonKit
import Fleet
import Testing

@Suite(.timeLimit(.minutes(1))) struct SourceTests {
    @Test func aSeedRepeats() {
        var one = RandomSource.seeded(7)
        let other = RandomSource.seeded(7)
        #expect(one.bytes(32) == other.bytes(32))
        #expect(Int.random(in: 0..<1_000_000, using: &one) != Int(other.bytes(1)[0]))
        #expect(RandomSource.system.bytes(16) != RandomSource.system.bytes(16))
        // The first word of SplitMix64 for seed 0 (reference implementation, prng.di.unimi.it).
        #expect(RandomSource.seeded(0).next() == 0xE220_A839_7B1D_CDAF)
    }

    @Test func theSystemsTimeGoesOn() {
        let time = TimeSource.system
        #expect(time.now() > Instant(milliseconds: 1_700_000_000_000))
        let before = time.elapsed()
        #expect(before > .seconds(0))
        // Waits for a value: a clock that stands still would run into the suite's limit.
        while time.elapsed() == before {}
        #expect(time.elapsed() > before)
    }
}
