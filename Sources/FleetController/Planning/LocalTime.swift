import Fleet
import Foundation

/// The clocks on the walls of one time zone, and the instants at which they show something.
///
/// A local time that a change of the clocks skips stands for the moment of the change; one that comes twice has a first
/// and a last instant.
struct LocalTime {
    private let zone: TimeZone

    /// - Parameter identifier: a name of the IANA time zone database; `nil` when this machine does not know it.
    init?(_ identifier: String) {
        guard let zone = TimeZone(identifier: identifier) else { return nil }
        self.zone = zone
    }

    /// The local day of an instant, in days since 1970-01-01.
    func day(of instant: Instant) -> Int64 {
        let seconds = Self.floor(instant.milliseconds, 1000)
        return Self.floor(seconds + offset(at: seconds), 86_400)
    }

    /// When the clocks of a day show so many minutes after midnight: the first time, and the last.
    func instants(day: Int64, minutes: Int) -> (first: Instant, last: Instant) {
        let local = day * 86_400 + Int64(minutes) * 60
        let before = offset(at: local - 86_400)
        let after = offset(at: local + 86_400)
        let candidates = Set([before, after]).map { local - $0 }.filter { $0 + offset(at: $0) == local }.sorted()
        if let first = candidates.first, let last = candidates.last { return (Self.instant(first), Self.instant(last)) }
        let change = Self.instant(change(between: local - max(before, after), and: local - min(before, after)))
        return (change, change)
    }

    /// Reads `2026-12-20T00:00`.
    static func parse(_ text: String) -> (day: Int64, minutes: Int)? {
        let parts = text.split(separator: "T", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let date = parts[0].split(separator: "-", omittingEmptySubsequences: false).compactMap { Int64($0) }
        let time = parts[1].split(separator: ":", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard date.count == 3, time.count == 2, (1...12).contains(date[1]), (1...31).contains(date[2]),
            (0..<24).contains(time[0]), (0..<60).contains(time[1])
        else { return nil }
        return (days(year: date[0], month: date[1], day: date[2]), time[0] * 60 + time[1])
    }

    /// 1970-01-01 was a Thursday.
    static func weekday(of day: Int64) -> MaintenanceWindow.Day {
        let index = Int(((day + 3) % 7 + 7) % 7)
        return MaintenanceWindow.Day.allCases[index]
    }

    /// Days-from-civil, H. Hinnant.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = floor(year, 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private func offset(at seconds: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }

    /// The second at which the offset changes; there is one change between the two.
    private func change(between low: Int64, and high: Int64) -> Int64 {
        var (low, high) = (low, high)
        let old = offset(at: low)
        while high - low > 1 {
            let middle = (low + high) / 2
            if offset(at: middle) == old { low = middle } else { high = middle }
        }
        return high
    }

    private static func instant(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1000) }

    private static func floor(_ value: Int64, _ size: Int64) -> Int64 {
        value >= 0 ? value / size : (value - size + 1) / size
    }
}
