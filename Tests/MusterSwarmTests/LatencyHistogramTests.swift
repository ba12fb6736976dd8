import FleetTestSupport
import Testing

@testable import muster_swarm

@Suite struct LatencyHistogramTests {
    @Test func isEmptyAtFirst() {
        let histogram = LatencyHistogram()
        #expect(histogram.count == 0)
        #expect(histogram.quantile(0.99) == 0)
        #expect(histogram.maximum == 0)
    }

    @Test(arguments: [0, 1, 31, 32, 33, 1000, 1_000_000, 123_456_789, Int64.max])
    func oneSampleIsEveryQuantile(sample: Int64) {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: sample)
        #expect(histogram.quantile(0) == sample)
        #expect(histogram.quantile(0.5) == sample)
        #expect(histogram.quantile(1) == sample)
        #expect(histogram.maximum == sample)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func quantilesAreWithinABucketOfASortedArray(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var histogram = LatencyHistogram()
        var samples: [Int64] = []
        for _ in 0..<10_000 {
            // Magnitudes from nanoseconds to minutes.
            let sample = Int64(random.next() >> UInt64.random(in: 28...63, using: &random))
            samples.append(sample)
            histogram.record(nanoseconds: sample)
        }
        samples.sort()
        for share in [0.01, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = samples[max(1, Int((share * 10_000).rounded(.up))) - 1]
            let found = histogram.quantile(share)
            #expect(found >= exact && Double(found) <= Double(exact) * 1.032 + 1, "seed \(seed), share \(share)")
        }
    }

    @Test func mergingIsRecordingAll() {
        var one = LatencyHistogram()
        var other = LatencyHistogram()
        for value in 1...1000 {
            if value.isMultiple(of: 3) {
                one.record(nanoseconds: Int64(value))
            } else {
                other.record(nanoseconds: Int64(value))
            }
        }
        one.merge(other)
        #expect(one.count == 1000)
        #expect(one.maximum == 1000)
        #expect((485...520).contains(one.quantile(0.5)))
    }
}
