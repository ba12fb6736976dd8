import FleetMetrics
import Testing

@Suite struct ExpositionReaderTests {
    @Test func readsSamplesLabelsAndTimes() {
        let read = ReadDocument(
            """
            # HELP http_requests_total The total number of HTTP requests.
            # TYPE http_requests_total counter
            http_requests_total{method="post",code="200"} 1027 1395066363000
            http_requests_total{method="post",code="400",}    3 1395066363000

            # Escaping in label values:
            msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9
            metric_without_timestamp_and_labels 12.47
            something_weird { problem = "division by zero" } +Inf -3982045
            {"http.latency", "net.peer"="é", b="c"} NaN
            """
        )
        #expect(read.summary.badLines == 0)
        #expect(read.summary.lines == 10)
        #expect(read.samples.count == 6)
        #expect(
            read.samples[0]
                == .init(
                    name: "http_requests_total",
                    labels: ["method": "post", "code": "200"],
                    value: 1027,
                    timestamp: 1_395_066_363_000,
                    type: .counter
                )
        )
        #expect(
            read.samples[2].labels
                == ["path": "C:\\DIR\\FILE.TXT", "error": "Cannot find file:\n\"FILE.TXT\""]
        )
        #expect(read.samples[3] == .init(name: "metric_without_timestamp_and_labels", value: 12.47))
        #expect(read.samples[4].value == .infinity)
        #expect(read.samples[4].timestamp == -3_982_045)
        #expect(read.samples[5].name == "http.latency")
        #expect(read.samples[5].labels == ["net.peer": "é", "b": "c"])
        #expect(read.samples[5].value.isNaN)
    }

    @Test func knowsHistogramsAndSummaries() {
        let read = ReadDocument(
            """
            # TYPE h histogram
            h_bucket{le="0.1"} 1
            h_bucket{le="+Inf"} 2
            h_sum 0.3
            h_count 2
            h 5
            # TYPE s summary
            s{quantile="0.5"} 4
            s_sum 9
            s_count 3
            s_countless 3
            """
        )
        #expect(
            read.samples.map(\.type) == [
                .histogram, .histogram, .histogram, .histogram, .unknown, .summary, .summary, .summary, .unknown,
            ]
        )
        #expect(read.samples.map(\.role) == [.bucket, .bucket, .sum, .count, .value, .quantile, .sum, .count, .value])
    }

    @Test func readsOpenMetrics() {
        let read = ReadDocument(
            """
            # TYPE acme_http_router_request_seconds summary
            # UNIT acme_http_router_request_seconds seconds
            # HELP acme_http_router_request_seconds Latency though all of ACME's HTTP request router.
            acme_http_router_request_seconds_sum{path="/api/v1",method="GET"} 9036.32
            acme_http_router_request_seconds_count{path="/api/v1",method="GET"} 807283.0
            acme_http_router_request_seconds_created{path="/api/v1",method="GET"} 1605281325.0
            # TYPE foo counter
            foo_total 17.0 1520879607.789
            foo_created 1520430000.123
            # TYPE bar histogram
            bar_bucket{le="0.1"} 8 # {} 0.054
            bar_bucket{le="1"} 11 123.5 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.789
            bar_bucket{le="+Inf"} 17
            # TYPE state stateset
            state{state="a"} 1
            # TYPE build info
            build_info{version="1"} 1
            # TYPE queue gaugehistogram
            queue_bucket{le="+Inf"} 4
            queue_gcount 4
            queue_gsum 9
            # EOF
            """
        )
        #expect(read.summary.badLines == 0, "\(read.summary.problems)")
        #expect(read.summary.isEnded)
        #expect(
            read.samples.map(\.type) == [
                .summary, .summary, .summary, .counter, .counter, .histogram, .histogram, .histogram, .stateSet, .info,
                .gaugeHistogram, .gaugeHistogram, .gaugeHistogram,
            ]
        )
        #expect(read.samples[3].timestamp == 1_520_879_607_789)
        #expect(read.samples[4].role == .created)
        #expect(read.samples[6].timestamp == 123_500)
        #expect(read.samples[11].role == .count)
    }

    @Test(
        arguments: [
            ("1bad 3", 1, .name), ("{a=\"b\"} 3", 8, .name), ("x{1a=\"b\"} 3", 3, .labelName),
            ("x{a} 3", 4, .labelName), ("x{a=b} 3", 5, .labelValue), ("x{a=\"b} 3", 10, .labelValue),
            ("x{a=\"\\t\"} 3", 7, .escape), ("x{a=\"b\" b=\"c\"} 3", 9, .labelEnd), ("x{a=\"b\"", 8, .labelEnd),
            ("x{a=\"1\",a=\"2\"} 3", 14, .labelTwice), ("x", 2, .value), ("x 1_000", 3, .value), ("x 0x10", 3, .value),
            ("x 1e", 3, .value), ("x .", 3, .value), ("x nanana", 3, .value), ("x 1 1.5", 5, .timestamp),
            ("x 1 9e99", 5, .timestamp), ("x 1 2 3", 7, .excess), ("x 1 # {} 1", 5, .exemplar),
            ("# TYPE x thing", 10, .type), ("# TYPE x", 9, .type), ("# TYPE 1", 8, .name),
            ("# TYPE x gauge y", 16, .excess), ("\u{0}", 1, .name), ("x{,} 1", 3, .labelName),
        ] as [(String, Int, ExpositionProblem.Kind)]
    )
    func saysWhereALineIsBadAndGoesOn(line: String, column: Int, kind: ExpositionProblem.Kind) {
        let read = ReadDocument("a 1\n\(line)\nb 2\n")
        #expect(read.samples.map(\.name) == ["a", "b"])
        #expect(read.summary.problems == [ExpositionProblem(line: 2, column: column, kind: kind)])
        #expect(read.summary.badLines == 1)
    }

    @Test func aTypeIsGivenOnce() {
        let read = ReadDocument("# TYPE x gauge\nx 1\n# TYPE x counter\nx 2\n")
        #expect(read.summary.problems == [ExpositionProblem(line: 3, column: 9, kind: .typeTwice)])
        #expect(read.samples.map(\.type) == [.gauge, .gauge])
    }

    @Test func nothingFollowsTheEnd() {
        let read = ReadDocument("x 1\n# EOF\ny 2\n", dialect: .openMetrics)
        #expect(read.samples.map(\.name) == ["x"])
        #expect(read.summary.problems.map(\.kind) == [.afterEnd])
    }

    @Test func eachBoundIsNamed() {
        let many = ReadDocument(String(repeating: "x 1\n", count: 20), limits: ExpositionLimits(samples: 7))
        #expect(many.summary.samples == 7)
        #expect(many.summary.bound == .samples)
        let exact = ReadDocument(String(repeating: "x 1\n", count: 7), limits: ExpositionLimits(samples: 7))
        #expect(exact.summary.bound == nil)

        let long = ReadDocument("x{a=\"\(String(repeating: "y", count: 100))\"} 1\nz 1\n", limits: .init(lineBytes: 50))
        #expect(long.summary.problems.map(\.kind) == [.lineTooLong])
        #expect(long.samples.map(\.name) == ["z"])

        let labels = (0..<5).map { "l\($0)=\"\"" }.joined(separator: ",")
        let wide = ReadDocument("x{\(labels)} 1\nz 1\n", limits: .init(labels: 4))
        #expect(wide.summary.problems.map(\.kind) == [.tooManyLabels])

        let strange = ReadDocument(String(repeating: "<html>\n", count: 20), limits: .init(badLines: 5))
        #expect(strange.summary.bound == .badLines)
        #expect(strange.summary.badLines == 5)
    }

    @Test func aLastLineNeedsNoNewlineAndMayEndInCarriageReturn() {
        #expect(ReadDocument("x 1").samples.map(\.value) == [1])
        #expect(ReadDocument("x 1\r\ny{} 2\r\n").samples.map(\.value) == [1, 2])
        #expect(ReadDocument("").summary == ExpositionSummary())
    }
}
