import Testing

@testable import Fleet

@Suite struct SpanTests {
    @Test(
        arguments: [
            ("0s", 0), ("250ms", 250), ("10s", 10_000), ("5m", 300_000), ("1h30m", 5_400_000), ("90s", 90_000),
            ("1h1m1s1ms", 3_661_001),
        ] as [(String, Int64)]
    )
    func readsWhatPeopleWrite(text: String, milliseconds: Int64) throws {
        let span = try #require(Span(text))
        #expect(span.milliseconds == milliseconds)
        #expect(Span(span.description) == span)
    }

    @Test(arguments: ["", "5", "s", "5 s", "-5s", "5s5m", "5s5s", "1.5s", "5d", "9999999999999h", "٣s", "5S"])
    func refusesEverythingElse(text: String) {
        #expect(Span(text) == nil)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_795_286_220_999, "2026-11-21T18:37:00Z"),
            (-1, "1969-12-31T23:59:59Z"), (4_102_444_800_000, "2100-01-01T00:00:00Z"),
        ] as [(Int64, String)]
    )
    func instantsReadAsRFC3339(milliseconds: Int64, text: String) {
        #expect(Instant(milliseconds: milliseconds).description == text)
    }
}
