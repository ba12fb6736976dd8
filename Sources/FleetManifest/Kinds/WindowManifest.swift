import Fleet

/// `policy.windows` of a deployment, both ways.
enum WindowManifest {
    static let keys = ObjectKeys(
        keys: [
            .required("days", "the days on which it opens", .days, like: "days: mon-fri"),
            .required("from", "when it opens, by the zone's clock", .text(.timeOfDay), like: "from: \"22:00\""),
            .required(
                "to",
                "when it closes; of the next day, unless it is after 'from'",
                .text(.endOfDay),
                like: "to: \"04:00\""
            ),
            .required("zone", "whose clock is meant", .text(.zone), like: "zone: Europe/Paris"),
        ],
        habits: ["timezone": "write 'zone'", "timeZone": "write 'zone'", "until": "write 'to'"]
    )
    private typealias Day = MaintenanceWindow.Day
    private static let daysHint = "write mon, mon-fri, mon-sun or a list like [mon, wed]"
    private static let minutesOfDay = 24 * 60

    static func read(from policy: inout ObjectReader) -> [MaintenanceWindow] {
        policy.objects("windows") { window in
            let days = days(from: &window)
            let opens = minutes("from", from: &window, isEnd: false)
            let closes = minutes("to", from: &window, isEnd: true)
            let zone = window.text("zone")
            if let opens, let closes, opens == closes {
                window.report(
                    "the window closes when it opens",
                    key: "to",
                    hint: "for whole days write from: \"00:00\", to: \"24:00\""
                )
                return nil
            }
            guard let days, let opens, let closes, let zone else { return nil }
            return MaintenanceWindow(days: days, opens: opens, closes: closes % minutesOfDay, zone: zone)
        }
    }

    private static func days(from window: inout ObjectReader) -> [MaintenanceWindow.Day]? {
        guard let node = window.node("days") else { return nil }
        guard case .array(let elements) = node.value else { return range(node, from: &window) }
        guard !elements.isEmpty else {
            window.report("is empty", key: "days", hint: daysHint)
            return nil
        }
        var seen: Set<Day> = []
        let before = window.problems.count
        for (index, element) in elements.enumerated() {
            let path = window.path.appending("days").appending(index)
            guard let day = day(element, path: path, from: &window) else { continue }
            if !seen.insert(day).inserted { window.report("'\(day.rawValue)' stands twice", at: element, path: path) }
        }
        return window.problems.count == before ? Day.allCases.filter { seen.contains($0) } : nil
    }

    private static func day(
        _ node: ManifestNode,
        path: ManifestPath,
        from window: inout ObjectReader
    ) -> MaintenanceWindow.Day? {
        let hint = "accepted: \(Day.allCases.map(\.rawValue).joined(separator: ", "))"
        guard let word = window.text(node, path: path, hint: hint, rule: { _ in nil }) else { return nil }
        if let day = Day(rawValue: word) { return day }
        window.report("'\(word)' is not a day", at: node, path: path, hint: accepted(near: word))
        return nil
    }

    /// `mon` or `mon-fri`; `fri-mon` goes over the end of the week.
    private static func range(_ node: ManifestNode, from window: inout ObjectReader) -> [MaintenanceWindow.Day]? {
        let path = window.path.appending("days")
        guard let text = window.text(node, path: path, hint: daysHint, rule: { _ in nil }) else { return nil }
        let words = text.split(separator: "-", omittingEmptySubsequences: false).map { String($0) }
        if AmountAdvice.days(text).map({ $0 != text }) ?? !(1...2).contains(words.count) {
            let nearest = AmountAdvice.days(text).map { "did you mean \($0)? " } ?? ""
            window.report("'\(text)' names no days", at: node, path: path, hint: nearest + daysHint)
            return nil
        }
        if let wrong = words.first(where: { Day(rawValue: $0) == nil }) {
            window.report("'\(wrong)' is not a day", at: node, path: path, hint: accepted(near: wrong))
            return nil
        }
        let ends = words.compactMap { word in Day.allCases.firstIndex { $0.rawValue == word } }
        guard let first = ends.first, let last = ends.last else { return nil }
        return Day.allCases.indices.filter { index in
            first <= last ? (first...last).contains(index) : index >= first || index <= last
        }.map { Day.allCases[$0] }
    }

    private static func accepted(near word: String) -> String {
        let words = Day.allCases.map(\.rawValue)
        let nearest =
            (NearestName.of(word, among: words) ?? AmountAdvice.days(word)).map { "did you mean '\($0)'? " } ?? ""
        return "\(nearest)accepted: \(words.joined(separator: ", "))"
    }

    /// Minutes after midnight; 1440 for `24:00`, where a window may end.
    private static func minutes(_ key: String, from window: inout ObjectReader, isEnd: Bool) -> Int? {
        let hint = "hours and minutes from \"00:00\" to \"\(isEnd ? "24:00" : "23:59")\", in quotes"
        guard let node = window.node(key) else { return nil }
        let nearest: String?
        switch node.value {
        case .string(let text), .number(let text), .ambiguous(let text): nearest = AmountAdvice.timeOfDay(text)
        case .null, .boolean, .array, .object: nearest = nil
        }
        let guess = nearest.map { "did you mean \"\($0)\"? " } ?? ""
        guard let text = window.text(key, hint: guess + hint, rule: { _ in nil }) else { return nil }
        if let time = LocalTime.minutes(text) { return time }
        if isEnd, text == "24:00" { return minutesOfDay }
        window.report("'\(text)' is not a time of day", key: key, hint: guess + hint)
        return nil
    }

    static func node(of window: MaintenanceWindow) -> ManifestNode {
        .object([
            "days": days(of: window),
            "from": .string(LocalTime.text(minutes: window.opens)),
            "to": .string(LocalTime.text(minutes: window.closes == 0 ? minutesOfDay : window.closes)),
            "zone": .string(window.zone),
        ])
    }

    /// Three days and more in a row as a range.
    private static func days(of window: MaintenanceWindow) -> ManifestNode {
        let places = window.days.compactMap { Day.allCases.firstIndex(of: $0) }
        if let first = places.first, let last = places.last, places.count > 2, places == Array(first...max(first, last))
        {
            return .string("\(Day.allCases[first].rawValue)-\(Day.allCases[last].rawValue)")
        }
        return ManifestNode(.array(window.days.map { .string($0.rawValue) }))
    }
}
