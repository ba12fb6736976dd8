import Fleet
import Foundation

/// Points in time as people write them.
enum TimePoint {
    private static let forms =
        "write 2026-11-22T02:55:00Z, \"2026-11-22 02:55\" or 02:55 by this machine's clock, or 30m ago"

    /// Reads `2026-11-22T02:55:00Z`, `2026-11-22 02:55` and `02:55` (the last one that there was) in a time zone, and `30m`
    /// or `30m ago`.
    static func read(_ text: String, option: String, now: Instant, zone: TimeZone = .current) throws -> Instant {
        guard let instant = instant(text.trimmingCharacters(in: .whitespaces), now: now, zone: zone) else {
            throw CommandFailure.usage("\(option) '\(text)' is no point in time; nothing was asked for", hint: forms)
        }
        guard instant <= now else {
            throw CommandFailure.usage("\(option) '\(text)' is yet to come", hint: "name a point in time that is past")
        }
        return instant
    }

    private static func instant(_ text: String, now: Instant, zone: TimeZone) -> Instant? {
        let bare = text.hasSuffix(" ago") ? String(text.dropLast(4)) : text
        if let span = Span(bare) { return Instant(milliseconds: now.milliseconds - span.milliseconds) }
        if let date = try? Date(text, strategy: .iso8601) { return Instant(date) }
        if let date = try? Date(text, strategy: .iso8601.time(includingFractionalSeconds: true)) {
            return Instant(date)
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = text.split { $0 == " " || $0 == "T" }.map(String.init)
        guard let last = parts.last, let time = numbers(last, separator: ":", counts: 2...3), parts.count <= 2,
            time[0] < 24, time[1] < 60, time.count < 3 || time[2] < 60
        else { return nil }
        var wanted = DateComponents(hour: time[0], minute: time[1], second: time.count > 2 ? time[2] : 0)
        let today = Date(timeIntervalSince1970: Double(now.milliseconds) / 1000)
        guard parts.count == 2 else {
            return calendar.nextDate(
                after: today.addingTimeInterval(0.001),
                matching: wanted,
                matchingPolicy: .nextTime,
                direction: .backward
            ).map(Instant.init)
        }
        guard let day = numbers(parts[0], separator: "-", counts: 3...3) else { return nil }
        (wanted.year, wanted.month, wanted.day) = (day[0], day[1], day[2])
        guard let date = calendar.date(from: wanted),
            calendar.dateComponents([.year, .month, .day], from: date).day == day[2]
        else { return nil }
        return Instant(date)
    }

    private static func numbers(_ text: String, separator: Character, counts: ClosedRange<Int>) -> [Int]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.count >= 2 && part.count <= 4 ? Int(part) : nil }
        return numbers.count == parts.count && counts.contains(parts.count) && numbers.allSatisfy { $0 >= 0 }
            ? numbers : nil
    }
}

extension Instant {
    fileprivate init(_ date: Date) {
        self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }
}
