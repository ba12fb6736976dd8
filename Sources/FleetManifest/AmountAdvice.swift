import Fleet

/// What a person probably meant who wrote an amount in another way than Muster reads it.
enum AmountAdvice {
    /// `10 s`, `10sec`, `5 minutes`, `1d`, `1.5h`, `1h 30m` as a span that is read; `nil` when it is anybody's guess.
    static func span(_ text: String) -> Span? {
        var milliseconds = 0
        var rest = bare(text)[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let size = units[String(unit)], let part = Decimals.scaled(Substring(number), by: size),
                part < 1 << 40
            else { return nil }
            milliseconds += Int(part)
        }
        return milliseconds > 0 ? Span(milliseconds: Int64(milliseconds)) : nil
    }

    private static let units: [String: Int64] = {
        let names: [(Int64, String)] = [
            (1, "ms msec msecs millis millisecond milliseconds"), (1000, "s sec secs second seconds"),
            (60_000, "m min mins minute minutes"), (3_600_000, "h hr hrs hour hours"), (86_400_000, "d day days"),
        ]
        let pairs = names.flatMap { size, words in words.split(separator: " ").map { (String($0), size) } }
        return Dictionary(pairs) { $1 }
    }()

    /// `5Gib`, `2GB`, `2 Gi`, `512mb`, `2g` as an amount of memory that is read.
    static func memory(_ text: String) -> String? {
        let bare = bare(text)
        let number = bare.prefix { $0.isNumber || $0 == "." }
        var unit = bare.dropFirst(number.count)
        if unit.hasSuffix("bytes") { unit = unit.dropLast(5) }
        if unit.hasSuffix("b") { unit = unit.dropLast() }
        guard !number.isEmpty, let letter = unit.first.map({ $0 == "k" ? "k" : $0.uppercased() }) else { return nil }
        let candidates = unit.count == 2 ? [letter.uppercased() + "i"] : [letter.uppercased() + "i", letter]
        let sound = candidates.map { "\(number)\($0)" }.filter { ByteQuantity($0) != nil && unit.count <= 2 }
        return sound.isEmpty ? nil : sound.joined(separator: " or ")
    }

    /// `2 cores`, `1.5 cpus`, `500 m` as a share of processors that is read.
    static func cpu(_ text: String) -> String? {
        var bare = bare(text)
        for word in ["cores", "core", "vcpus", "vcpu", "cpus", "cpu"] where bare.hasSuffix(word) {
            bare.removeLast(word.count)
            break
        }
        if bare.hasSuffix("%"), let hundredths = Int64(bare.dropLast()), hundredths > 0, hundredths < 1 << 20 {
            return "\"\(ProcessorQuantity(millis: hundredths * 10))\""
        }
        guard bare != text, ProcessorQuantity(bare) != nil else { return nil }
        return bare.hasSuffix("m") ? bare : "\"\(bare)\""
    }

    /// `3` in quotes, `10 %`, `10percent` as an amount that is read.
    static func amount(_ text: String) -> String? {
        var bare = bare(text)
        for word in ["hosts", "host"] where bare.hasSuffix(word) {
            bare.removeLast(word.count)
            break
        }
        if bare.hasSuffix("percent") { bare = bare.dropLast(7) + "%" }
        if bare == "all" { bare = "100%" }
        if bare.hasSuffix("%"), let point = bare.firstIndex(of: ".") { bare = bare[..<point] + "%" }
        guard bare != text || Int(text) != nil, let amount = Amount(bare) else { return nil }
        if case .count(let count) = amount { return "\(count), without quotes" }
        return "\(amount)"
    }

    /// `4_096`, `4'096`, `08080`, `0.0.0.0:8080` as a whole number.
    static func integer(_ text: String, in range: ClosedRange<Int64>) -> Int64? {
        let last = text.split(separator: ":").last.map { String($0) } ?? text
        let digits = last.filter { !"_', ".contains($0) }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(digits) else { return nil }
        return range.contains(number) ? number : nil
    }

    /// `22`, `9:30`, `10pm`, `4 am` as a time of day.
    static func timeOfDay(_ text: String) -> String? {
        var bare = bare(text)
        var noon = 0
        for (word, hours) in [("am", 0), ("pm", 12)] where bare.hasSuffix(word) {
            bare.removeLast(2)
            noon = hours
        }
        let parts = bare.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(parts.count), let hour = parts[0], let minute = parts.count == 2 ? parts[1] : 0,
            (0...23).contains(hour), (0...59).contains(minute), noon == 0 || hour <= 12
        else { return nil }
        let isTwelve = hour == 12 && bare.count < text.filter { !$0.isWhitespace }.count
        return LocalTime.text(minutes: ((isTwelve ? 0 : hour) + noon) * 60 + minute)
    }

    /// `2026-12-20`, `2026-12-20 00:00`, `2026-12-20T00:00:00Z` as a day and a time.
    static func dateTime(_ text: String) -> String? {
        let day = text.prefix(10)
        let time = text.dropFirst(10).drop { !$0.isNumber }.prefix(5)
        let whole = "\(day)T\(time.isEmpty ? "00:00" : time)"
        return LocalTime.isDateTime(whole) ? whole : nil
    }

    /// `Monday-Friday`, `mon, tue`, `weekdays` as days.
    static func days(_ text: String) -> String? {
        let known = MaintenanceWindow.Day.allCases.map(\.rawValue)
        switch text.lowercased() {
        case "weekdays", "workdays", "weekday": return "mon-fri"
        case "weekend", "weekends": return "sat-sun"
        case "daily", "always", "everyday", "every day", "all", "*": return "mon-sun"
        default: break
        }
        let isRange = text.contains("-") || text.contains("–")
        let words = text.lowercased().split { !$0.isLetter }.map { String($0.prefix(3)) }
        guard !words.isEmpty, words.allSatisfy(known.contains), !isRange || words.count == 2 else { return nil }
        return isRange
            ? words.joined(separator: "-") : words.count == 1 ? words[0] : "[\(words.joined(separator: ", "))]"
    }

    /// `0.05` as a share in a hundred.
    static func share(_ literal: String) -> String? {
        guard let hundredths = Decimals.scaled(Substring(literal), by: 100), (1..<100).contains(hundredths) else {
            return nil
        }
        return "\(hundredths)%"
    }

    private static func bare(_ text: String) -> String {
        text.lowercased().filter { !$0.isWhitespace }
    }
}
