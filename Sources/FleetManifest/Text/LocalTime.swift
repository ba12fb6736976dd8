/// Times of day and of the calendar as manifests write them: `22:00`, `2026-12-20T00:00` (ISO 8601 without an offset;
/// the zone stands beside it).
enum LocalTime {
    /// Minutes after midnight of `00:00` to `23:59`; `nil` for anything else.
    static func minutes(_ text: some StringProtocol) -> Int? {
        guard let parts = numbers(text, lengths: [2, 2], separators: ":"), parts[0] < 24, parts[1] < 60 else {
            return nil
        }
        return parts[0] * 60 + parts[1]
    }

    /// The text of minutes after midnight.
    static func text(minutes: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minutes / 60)):\(two(minutes % 60))"
    }

    /// Whether a text is a day of the Gregorian calendar, of the years 2000 to 2999, with a time. Such texts are in the
    /// order of time.
    static func isDateTime(_ text: String) -> Bool {
        guard let parts = numbers(text, lengths: [4, 2, 2, 2, 2], separators: "--T:") else { return false }
        let (year, month, day) = (parts[0], parts[1], parts[2])
        guard (2000...2999).contains(year), (1...12).contains(month), parts[3] < 24, parts[4] < 60 else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }

    /// Numbers of so many digits with one separator between each two.
    private static func numbers(_ text: some StringProtocol, lengths: [Int], separators: String) -> [Int]? {
        var rest = Substring(text)
        var separators = Substring(separators)
        var numbers: [Int] = []
        for length in lengths {
            if !numbers.isEmpty {
                guard let separator = rest.popFirst(), separator == separators.popFirst() else { return nil }
            }
            let digits = rest.prefix(length)
            guard digits.utf8.count == length, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits)
            else { return nil }
            numbers.append(number)
            rest = rest.dropFirst(length)
        }
        return rest.isEmpty ? numbers : nil
    }
}
