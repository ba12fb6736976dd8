import Fleet
import Testing

@testable import FleetManifest

/// What is proposed to somebody who wrote an amount in another way must be what is read.
@Suite struct AdviceTests {
    @Test(
        arguments: [
            ("10 s", "10s"), ("5 min", "5m"), ("1.5h", "1h30m"), ("1d", "24h"), ("1h 30m", "1h30m"),
            ("90 Seconds", "1m30s"),
            ("30s1m", "1m30s"), ("never", nil), ("", nil), ("-5s", nil), ("5", nil), ("1.0001s", nil),
            ("9999999999999d", nil),
        ] as [(String, String?)]
    )
    func spans(text: String, advice: String?) { #expect(AmountAdvice.span(text)?.description == advice) }

    @Test(
        arguments: [
            ("5Gib", "5Gi"), ("2GB", "2Gi or 2G"), ("2 gi", "2Gi"), ("512 mbytes", "512Mi or 512M"),
            ("4kb", "4Ki or 4k"),
            ("lots", nil), ("5", nil), ("1.5.5GB", nil), ("5Xi", nil),
        ] as [(String, String?)]
    )
    func memory(text: String, advice: String?) {
        #expect(AmountAdvice.memory(text) == advice)
        for word in advice?.split(separator: " ") ?? [] where word != "or" { #expect(ByteQuantity(word) != nil) }
    }

    @Test(
        arguments: [
            ("2 cores", "\"2\""), ("150%", "\"1.5\""), ("500 m", "500m"), ("1vCPU", "\"1\""), ("many", nil),
            ("0%", nil),
        ] as [(String, String?)]
    )
    func processors(text: String, advice: String?) { #expect(AmountAdvice.cpu(text) == advice) }

    @Test(
        arguments: [
            ("3", "3, without quotes"), ("3 hosts", "3, without quotes"), ("5 %", "5%"), ("5 percent", "5%"),
            ("2.5%", "2%"),
            ("all", "100%"), ("150%", nil), ("some", nil),
        ] as [(String, String?)]
    )
    func amounts(text: String, advice: String?) { #expect(AmountAdvice.amount(text) == advice) }

    @Test(
        arguments: [
            ("22", "22:00"), ("9:30", "09:30"), ("10pm", "22:00"), ("12 am", "00:00"), ("12:15 PM", "12:15"),
            ("4am", "04:00"),
            ("25", nil), ("13pm", nil), ("noon", nil), ("", nil), ("1:2:3", nil),
        ] as [(String, String?)]
    )
    func times(text: String, advice: String?) {
        #expect(AmountAdvice.timeOfDay(text) == advice)
        if let advice { #expect(LocalTime.minutes(advice) != nil) }
    }

    @Test(
        arguments: [
            ("2026-12-20", "2026-12-20T00:00"), ("2026-12-20 08:30", "2026-12-20T08:30"),
            ("2026-12-20T08:30:00Z", "2026-12-20T08:30"), ("2026-02-30", nil), ("tomorrow", nil), ("", nil),
        ] as [(String, String?)]
    )
    func instants(text: String, advice: String?) { #expect(AmountAdvice.dateTime(text) == advice) }

    @Test(
        arguments: [
            ("Monday-Friday", "mon-fri"), ("mon, tue", "[mon, tue]"), ("weekdays", "mon-fri"), ("Sunday", "sun"),
            ("mon-fri", "mon-fri"), ("holidays", nil), ("mon-tue-wed", nil), ("", nil),
        ] as [(String, String?)]
    )
    func days(text: String, advice: String?) { #expect(AmountAdvice.days(text) == advice) }

    @Test(
        arguments: [
            ("4_096", 4096), ("4'096", 4096), ("08080", 8080), ("0.0.0.0:8080", 8080), ("99999", nil), ("x", nil),
            ("", nil),
        ] as [(String, Int64?)]
    )
    func integers(text: String, advice: Int64?) { #expect(AmountAdvice.integer(text, in: 1...65_535) == advice) }
}
