import Fleet
import FleetPlanning
import Testing

@testable import FleetController

/// Expected instants were worked out with Python's `zoneinfo`.
@Suite struct WindowCalendarTests {
    private static let nightly = MaintenanceWindow.Day.allCases

    private static func window(
        _ days: [MaintenanceWindow.Day],
        _ opens: String,
        _ closes: String,
        _ zone: String
    ) -> MaintenanceWindow {
        func minutes(_ text: String) -> Int {
            let parts = text.split(separator: ":").compactMap { Int($0) }
            return parts[0] * 60 + parts[1]
        }
        return MaintenanceWindow(days: days, opens: minutes(opens), closes: minutes(closes), zone: zone)
    }

    /// `2026-03-28T12:00:00Z`.
    static func instant(_ text: String) -> Instant {
        let day = LocalTime.parse(String(text.prefix(16)))
        let seconds = (day?.day ?? 0) * 86_400 + Int64(day?.minutes ?? 0) * 60
        return Instant(milliseconds: seconds * 1000)
    }

    /// The first changes after a moment: `+` opens, `-` closes.
    private static func changes(_ times: OpenTimes, from now: String, count: Int) -> [String] {
        var at = instant(now)
        var found: [String] = []
        while found.count < count, let next = times.nextChange(after: at) {
            found.append("\(times.isOpen(at: next) ? "+" : "-")\(next.description.dropLast(4))")
            at = next
        }
        return found
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var windows: [MaintenanceWindow]
        var freezes: [Freeze] = []
        var now: String
        var isOpen: Bool
        var changes: [String]
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "an ordinary window",
            windows: [window([.tue], "09:00", "17:00", "UTC")],
            now: "2026-11-22T00:00",
            isOpen: false,
            changes: ["+2026-11-24T09:00", "-2026-11-24T17:00", "+2026-12-01T09:00"]
        ),
        Case(
            name: "over midnight, and open from the day before",
            windows: [window([.sat], "22:00", "04:00", "Europe/Paris")],
            now: "2026-11-22T01:00",
            isOpen: true,
            changes: ["-2026-11-22T03:00", "+2026-11-28T21:00", "-2026-11-29T03:00"]
        ),
        Case(
            name: "the skipped hour shortens the night",
            windows: [window(nightly, "01:00", "04:00", "Europe/Paris")],
            now: "2026-03-28T12:00",
            isOpen: false,
            changes: ["+2026-03-29T00:00", "-2026-03-29T02:00", "+2026-03-29T23:00", "-2026-03-30T02:00"]
        ),
        Case(
            name: "a window that begins in the skipped hour opens when it is over",
            windows: [window([.sun], "02:30", "04:00", "Europe/Paris")],
            now: "2026-03-28T12:00",
            isOpen: false,
            changes: ["+2026-03-29T01:00", "-2026-03-29T02:00", "+2026-04-05T00:30"]
        ),
        Case(
            name: "a window within the skipped hour does not open",
            windows: [window([.sun], "02:10", "02:50", "Europe/Paris")],
            now: "2026-03-28T12:00",
            isOpen: false,
            changes: ["+2026-04-05T00:10", "-2026-04-05T00:50"]
        ),
        Case(
            name: "the doubled hour lengthens the night",
            windows: [window([.sun], "01:00", "04:00", "Europe/Paris")],
            now: "2026-10-24T12:00",
            isOpen: false,
            changes: ["+2026-10-24T23:00", "-2026-10-25T03:00"]
        ),
        Case(
            name: "a window within the doubled hour opens once",
            windows: [window([.sun], "02:10", "02:50", "Europe/Paris")],
            now: "2026-10-24T12:00",
            isOpen: false,
            changes: ["+2026-10-25T00:10", "-2026-10-25T00:50", "+2026-11-01T01:10"]
        ),
        Case(
            name: "New York falls back on another day",
            windows: [window([.sun], "00:30", "03:00", "America/New_York")],
            now: "2026-10-31T12:00",
            isOpen: false,
            changes: ["+2026-11-01T04:30", "-2026-11-01T08:00"]
        ),
        Case(
            name: "half an hour: Lord Howe",
            windows: [window([.sun], "01:45", "03:00", "Australia/Lord_Howe")],
            now: "2026-10-03T00:00",
            isOpen: false,
            changes: ["+2026-10-03T15:15", "-2026-10-03T16:00"]
        ),
        Case(
            name: "windows of two zones are united",
            windows: [
                window([.mon], "09:00", "12:00", "Europe/Paris"), window([.mon], "10:00", "12:00", "Europe/London"),
            ],
            now: "2026-11-22T00:00",
            isOpen: false,
            changes: ["+2026-11-23T08:00", "-2026-11-23T12:00", "+2026-11-30T08:00"]
        ),
        Case(
            name: "adjoining windows leave no gap",
            windows: [window([.mon], "09:00", "12:00", "UTC"), window([.mon], "12:00", "15:00", "UTC")],
            now: "2026-11-22T00:00",
            isOpen: false,
            changes: ["+2026-11-23T09:00", "-2026-11-23T15:00"]
        ),
        Case(
            name: "a freeze beats a window",
            windows: [window([.mon, .tue], "09:00", "12:00", "UTC")],
            freezes: [
                Freeze(from: "2026-11-23T10:00", until: "2026-11-24T10:00", zone: "UTC", reason: "sale")
            ],
            now: "2026-11-22T00:00",
            isOpen: false,
            changes: ["+2026-11-23T09:00", "-2026-11-23T10:00", "+2026-11-24T10:00", "-2026-11-24T12:00"]
        ),
        Case(
            name: "a freeze without windows",
            windows: [],
            freezes: [
                Freeze(from: "2026-12-01T00:00", until: "2026-12-02T00:00", zone: "Europe/Paris", reason: "end of year")
            ],
            now: "2026-11-22T00:00",
            isOpen: true,
            changes: ["-2026-11-30T23:00", "+2026-12-01T23:00"]
        ),
        Case(
            name: "a freeze that ends in the doubled hour ends with its last instant",
            windows: [],
            freezes: [
                Freeze(from: "2026-10-24T12:00", until: "2026-10-25T02:30", zone: "Europe/Paris", reason: "night")
            ],
            now: "2026-10-24T00:00",
            isOpen: true,
            changes: ["-2026-10-24T10:00", "+2026-10-25T01:30"]
        ),
        Case(
            name: "all day, every day",
            windows: [window(nightly, "00:00", "00:00", "Asia/Tokyo")],
            now: "2026-11-22T00:00",
            isOpen: true,
            changes: ["-2026-12-06T00:00"]
        ),
    ]

    @Test(arguments: cases)
    func opensAndCloses(_ example: Case) {
        let calendar = WindowCalendar(windows: example.windows, freezes: example.freezes)
        let now = Self.instant(example.now)
        let times = calendar.openTimes(from: now)
        #expect(times.isOpen(at: now) == example.isOpen)
        #expect(Self.changes(times, from: example.now, count: example.changes.count) == example.changes)
    }

    @Test func itSaysWhyItIsClosed() {
        let freeze = Freeze(from: "2026-11-23T10:00", until: "2026-11-24T10:00", zone: "UTC", reason: "sale")
        let calendar = WindowCalendar(
            windows: [Self.window([.mon, .tue], "09:00", "12:00", "UTC")],
            freezes: [freeze]
        )
        let times = calendar.openTimes(from: Self.instant("2026-11-22T00:00"))
        #expect(times.closedBecause(at: Self.instant("2026-11-22T00:00")) == "outside its maintenance windows")
        #expect(times.closedBecause(at: Self.instant("2026-11-23T10:00")) == "frozen until 2026-11-24T10:00 UTC: sale")
        #expect(times.closedBecause(at: Self.instant("2026-11-24T10:00")) == nil)
        #expect(WindowCalendar(windows: [], freezes: []).openTimes(from: Self.instant("2026-11-22T00:00")) == .always)
    }

    @Test func whatIsNotKnownStaysClosed() {
        let now = Self.instant("2026-11-22T00:00")
        let window = Self.window(Self.nightly, "00:00", "00:00", "Europe/Atlantis")
        #expect(!WindowCalendar(windows: [window], freezes: []).openTimes(from: now).isOpen(at: now))
        let freeze = Freeze(from: "2020-01-01T00:00", until: "2020-01-02T00:00", zone: "Europe/Atlantis", reason: "x")
        #expect(!WindowCalendar(windows: [], freezes: [freeze]).openTimes(from: now).isOpen(at: now))
    }

    /// Whatever the clocks do, a window of a whole day is open while they show that day.
    @Test(arguments: ["Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"])
    func aWholeDayIsALocalDay(_ zone: String) throws {
        let local = try #require(LocalTime(zone))
        let window = Self.window([.wed], "00:00", "00:00", zone)
        for week in 0..<52 {
            let now = Self.instant("2026-01-01T00:00") + .seconds(Int64(week) * 7 * 86_400)
            let times = WindowCalendar(windows: [window], freezes: []).openTimes(from: now)
            for quarter in 0..<(7 * 96) {
                let at = now + .seconds(Int64(quarter) * 900)
                let isWednesday = LocalTime.weekday(of: local.day(of: at)) == .wed
                #expect(times.isOpen(at: at) == isWednesday, "\(zone) \(at)")
            }
        }
    }
}
