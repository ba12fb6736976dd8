import Fleet
import FleetMetrics
import FleetTestSupport
import Testing

@Suite struct FigureTests {
    @Test func mapsWhatARealMLServerSays() throws {
        let bytes = try Corpus.bytes("mlserver-1.7.1.prom")
        let reading = FigureReading(bytes.span)
        #expect(reading.summary.badLines == 0)
        #expect(reading.summary.samples == 105)
        #expect(reading.values[.requests] == 27)
        #expect(reading.values[.errors] == 2)
        #expect(reading.values[.latencyCount] == 27)
        #expect(reading.values[.latencySum] == 0.09267362600076012)
        #expect(reading.values[.inFlight] == 0)
        #expect(reading.values[.cpu] == nil)
    }

    @Test func addsUpWhatTritonSaysOfEachVersion() throws {
        let bytes = try Corpus.bytes("triton-2.51.prom")
        let reading = FigureReading(bytes.span)
        #expect(reading.values[.requests] == 4204)
        #expect(reading.values[.errors] == 4)
        #expect(reading.values[.latencyCount] == 4200)
        let sum = try #require(reading.values[.latencySum])
        #expect((sum - 2.528514).magnitude < 1e-12)
        #expect(reading.values[.inFlight] == 5)
    }

    /// What a runtime says of a server that nobody has heard of. A sample that two texts mean counts once; a label that is
    /// not there has the empty value, as in Prometheus.
    @Test func mapsTheNamesThatARuntimeSays() throws {
        let page = Array(
            """
            hits_total{code="200",path="/infer"} 40
            hits_total{code="500",path="/infer"} 2
            hits_total{path="/health"} 900
            took_ms_sum{path="/a\\"b"} 1500
            took_ms_sum 500
            took_ms_count 42
            took_ms_bucket{le="+Inf"} 42
            running 3
            model_infer_request_success_total 7
            """.utf8
        )
        func read(_ names: MetricNames) -> [Figure: Double] {
            FigureReading(page.span, profile: MetricProfile(names)).values
        }
        func series(_ texts: String...) throws -> [MetricSeries] { try texts.map { try MetricSeries($0) } }
        let names = MetricNames(
            requests: try series(#"hits_total{path="/infer"}"#, #"hits_total{code!=""}"#),
            errors: try series(#"hits_total{code!="200",path="/infer"}"#, "faults_total"),
            duration: .init(sum: try series("took_ms_sum"), count: try series("took_ms_count"), unit: .milliseconds),
            inFlight: try series("running")
        )
        // The built-in names are not added to them.
        #expect(
            read(names) == [.requests: 42, .errors: 2, .latencySum: 2, .latencyCount: 42, .inFlight: 3]
        )
        #expect(read(MetricNames(requests: try series("no_such_total"))).isEmpty)
        #expect(read(MetricNames(inFlight: try series(#"hits_total{code=""}"#))) == [.inFlight: 900])
        #expect(read(MetricNames(inFlight: try series(#"took_ms_sum{path="/a\"b"}"#))) == [.inFlight: 1500])
    }

    @Test(arguments: zip(MetricNames.Duration.Unit.allCases, [2e9, 2e6, 2e3, 2]))
    func durationsAreInSeconds(unit: MetricNames.Duration.Unit, seconds: Double) {
        let page = Array("s 2000000000\nc 1\n".utf8)
        let duration = MetricNames.Duration(sum: [.named("s")], count: [.named("c")], unit: unit)
        let reading = FigureReading(page.span, profile: MetricProfile(MetricNames(duration: duration)))
        #expect(((reading.values[.latencySum] ?? 0) - seconds).magnitude < 1e-9 * seconds)
    }

    @Test func leavesOutWhatIsNoNumber() {
        let text = Array("model_infer_request_success_total NaN\nmodel_infer_request_failure_total 2\n".utf8)
        #expect(FigureReading(text.span).values == [.requests: 2, .errors: 2])
    }

    @Test(
        arguments: [
            ([5, 7, 7, 12], 7, 0), ([5, 3, 4], 4, 1), ([0, 10, 0, 10], 20, 1), ([5, .nan, -1, .infinity, 6], 1, 0),
            ([9], 0, 0), ([], 0, 0),
        ] as [([Double], Double, Int)]
    )
    func fallingCountersAreResets(values: [Double], total: Double, resets: Int) {
        var track = CounterTrack()
        let grown = values.map { track.read($0) }.reduce(0, +)
        #expect(track.total == total)
        #expect(grown == total)
        #expect(track.resets == resets)
    }

    @Test func anotherProcessBeginsAnewEvenAboveTheLastValue() {
        var track = CounterTrack()
        track.beganAnew()
        track.read(4)
        track.beganAnew()
        #expect(track.read(6) == 6)
        #expect(track.total == 6)
        #expect(track.resets == 1)
    }

    /// Whatever was counted before a restart and read is never lost, whatever order restarts and readings come in.
    @Test(arguments: 1...50)
    func growthIsWhatWasCountedUpToTheLastReadingOfEachLife(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        var track = CounterTrack()
        var (counter, expected, read) = (0.0, 0.0, 0.0)
        track.read(0)
        for _ in 0..<300 {
            switch Int.random(in: 0..<5, using: &dice) {
            case 0:
                // A restart shows when the counter is read below its last value, or is said.
                track.beganAnew()
                (counter, read) = (0, 0)
            case 1, 2: counter += Double(Int.random(in: 0..<100, using: &dice))
            default:
                expected += counter - read
                read = counter
                track.read(counter)
            }
            #expect(track.total == expected, "seed \(seed)")
        }
    }

    @Test(arguments: 1...20)
    func rollUpsMergeInAnyOrder(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        let values = (0..<Int.random(in: 2...40, using: &dice)).map { _ in
            Double(Int.random(in: -1000...1000, using: &dice))
        }
        var whole = RollUp(values[0])
        for value in values.dropFirst() { whole.add(value) }
        let cut = Int.random(in: 1..<values.count, using: &dice)
        var left = RollUp(values[0])
        for value in values[1..<cut] { left.add(value) }
        var right = RollUp(values[cut])
        for value in values[(cut + 1)...] { right.add(value) }
        right.merge(left)
        #expect(right == whole)
        #expect(whole.least == values.min())
        #expect(whole.greatest == values.max())
        #expect((whole.mean - values.reduce(0, +) / Double(values.count)).magnitude < 1e-9)
    }
}
