import Testing

/// A Python test that is left out is seen.
@Suite struct UnittestReportTests {
    @Test func whatIsLeftOutIsRead() {
        let report = UnittestReport(
            """
            test_open (test_endpoint.EndpointTest.test_open)
            Open, and close again. ... skipped 'no nft: run Deploy/scripts/setup'
            test_close (test_endpoint.EndpointTest.test_close) ... skipped "there isn't one"
            test_ask (test_endpoint.EndpointTest.test_ask) ... ok

            ----------------------------------------------------------------------
            Ran 3 tests in 0.002s

            OK (skipped=2)
            """
        )
        #expect(report.count == 3)
        #expect(report.skips.map(\.test) == ["a test", "test_close"])
        #expect(report.skips.map(\.reason) == ["no nft: run Deploy/scripts/setup", "there isn't one"])
        #expect(report.reasonForNothing == nil)
    }

    @Test func nothingTestedIsNoSuccess() {
        let text = "test_a (b.C.test_a) ... skipped 'no network namespaces'\n\nRan 1 test in 0.1s\n\nOK (skipped=1)\n"
        #expect(UnittestReport(text).reasonForNothing == "no network namespaces")
        #expect(UnittestReport("Ran 0 tests in 0.1s\n").reasonForNothing == nil)
    }
}
