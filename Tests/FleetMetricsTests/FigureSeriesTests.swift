import Fleet
import FleetMetrics
import Testing

@Suite struct FigureSeriesTests {
    private func record(_ second: Int64, _ values: [Figure: Double], instance: String = "1") -> FigureRecord {
        FigureRecord(
            at: Instant(milliseconds: second * 1000),
            deployment: "d",
            instance: instance,
            values: values
        )
    }

    @Test func countersBecomeRatesAndGaugesStay() {
        var series = FigureSeries(record(0, [.requests: 100, .latencySum: 1, .latencyCount: 100, .memory: 5]))
        #expect(series.latency == nil)
        let changes = series.take(record(10, [.requests: 150, .latencySum: 2, .latencyCount: 150, .memory: 7]))
        #expect(changes == [.requests: 50, .latencySum: 1, .latencyCount: 50, .memory: 7])
        #expect(series.rates[.requests] == 5)
        #expect(series.latency == 0.02)
        #expect(series.newest.values[.memory] == 7)
    }

    @Test func whatCameBeforeChangesNothing() {
        var series = FigureSeries(record(10, [.requests: 100]))
        #expect(series.take(record(10, [.requests: 900])) == nil)
        #expect(series.take(record(5, [.requests: 900])) == nil)
        #expect(series.newest == record(10, [.requests: 100]))
        #expect(series.take(record(20, [.requests: 110])) == [.requests: 10])
    }

    @Test func anotherProcessCountsFromNothing() {
        var series = FigureSeries(record(0, [.requests: 100]))
        #expect(series.take(record(10, [.requests: 300], instance: "2")) == [.requests: 300])
        #expect(series.take(record(20, [.requests: 310], instance: "2")) == [.requests: 10])
        #expect(series.take(record(30, [.requests: 4], instance: "2")) == [.requests: 4])
    }

    /// A figure that is missing for a while, as when the server did not answer, is counted on from where it was.
    @Test func aGapLosesNothing() {
        var series = FigureSeries(record(0, [.requests: 100, .cpu: 1]))
        #expect(series.take(record(10, [.cpu: 2])) == [.cpu: 1])
        #expect(series.rates[.requests] == nil)
        #expect(series.take(record(20, [.requests: 140, .cpu: 3])) == [.requests: 40, .cpu: 1])
        #expect(series.take(record(30, [.errors: 9])) == [:])
        #expect(series.take(record(40, [.errors: 10])) == [.errors: 1])
    }

    @Test func whatIsWrittenReadsBack() {
        var writer = ExpositionWriter()
        writer.family("a_total", .counter, "Line one\nwith \\ and \"quotes\".")
        writer.sample("a_total", [("x", "back\\slash \"quote\"\nline é"), ("y", "")], 12)
        writer.sample("a_total", [], 0.30000000000000004)
        writer.single("b", .gauge, "Huge.", 1e300)
        writer.single("c", .unknown, "None.", .nan)
        writer.single("d", .gauge, "Less.", -.infinity)
        var counts = DurationCounts()
        for seconds in [0.0005, 0.02, 100] { counts.add(seconds: seconds) }
        writer.histogram("e_seconds", "Durations.", counts)
        let read = ReadDocument(writer.text)
        #expect(read.summary.badLines == 0)
        #expect(read.samples[0].labels == ["x": "back\\slash \"quote\"\nline é", "y": ""])
        #expect(read.samples[0].type == .counter)
        #expect(read.samples[1].value == 0.30000000000000004)
        #expect(read.samples[2].value == 1e300)
        #expect(read.samples[3].value.isNaN)
        #expect(read.samples[4].value == -.infinity)
        let buckets = read.samples.filter { $0.role == .bucket }
        #expect(buckets.map(\.value) == [1, 1, 1, 2, 2, 2, 2, 2, 2, 3])
        #expect(buckets.last?.labels == ["le": "+Inf"])
        #expect(read.samples.last?.value == 3)
    }
}
