import Fleet
import Glibc

/// The time that a line of a log bears: ISO 8601 or what loggers write like it (`2026-11-22 02:55:00,123`), near its
/// beginning. Without a zone it is the host's own time.
enum LogTime {
    /// So many bytes of a line are looked at.
    static let span = 64

    /// The time of a line; `nil` when its beginning says none.
    static func read(_ line: ArraySlice<UInt8>) -> Instant? {
        let end = line.firstIndex(of: 0x0A) ?? line.endIndex
        var place = line.startIndex
        while place + 19 <= end {
            if let time = time(line[place..<end]) { return time }
            place += 1
        }
        return nil
    }

    /// `YYYY-MM-DD?HH:MM:SS` at the beginning, with a fraction and a zone if they follow.
    private static func time(_ text: ArraySlice<UInt8>) -> Instant? {
        let at = text.startIndex
        guard text[at + 4] == 0x2D, text[at + 7] == 0x2D, text[at + 13] == 0x3A, text[at + 16] == 0x3A,
            text[at + 10] == 0x20 || text[at + 10] == 0x54,
            let year = number(text[at..<at + 4]), let month = number(text[at + 5..<at + 7]),
            let day = number(text[at + 8..<at + 10]), let hour = number(text[at + 11..<at + 13]),
            let minute = number(text[at + 14..<at + 16]), let second = number(text[at + 17..<at + 19]),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var time = tm()
        time.tm_year = Int32(year - 1900)
        time.tm_mon = Int32(month - 1)
        time.tm_mday = Int32(day)
        time.tm_hour = Int32(hour)
        time.tm_min = Int32(minute)
        time.tm_sec = Int32(second)
        time.tm_isdst = -1
        var rest = text[(at + 19)...]
        let milliseconds = fraction(&rest)
        let seconds = zone(rest).map { Int64(timegm(&time)) - Int64($0) } ?? Int64(mktime(&time))
        return Instant(milliseconds: seconds * 1000 + milliseconds)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }

    /// Takes `.123` or `,123`; milliseconds.
    private static func fraction(_ rest: inout ArraySlice<UInt8>) -> Int64 {
        guard let mark = rest.first, mark == 0x2E || mark == 0x2C else { return 0 }
        let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(1 + digits.count)
        let three = Array(digits.prefix(3)) + Array(repeating: 0x30, count: max(0, 3 - digits.count))
        return Int64(number(three[...]) ?? 0)
    }

    /// Seconds east of Greenwich of `Z`, `+01:00` or `+0100`; `nil` when there is none.
    private static func zone(_ rest: ArraySlice<UInt8>) -> Int? {
        guard let sign = rest.first else { return nil }
        if sign == 0x5A { return 0 }
        guard sign == 0x2B || sign == 0x2D else { return nil }
        let digits = Array(rest.dropFirst().prefix(5).filter { $0 != 0x3A }.prefix(4))
        guard digits.count == 4, let hours = number(digits[..<2]), let minutes = number(digits[2...]) else {
            return nil
        }
        return (hours * 3600 + minutes * 60) * (sign == 0x2B ? 1 : -1)
    }
}
