import Fleet

/// `policy.freezes` of a deployment, both ways.
enum FreezeManifest {
    static let keys = ObjectKeys(
        keys: [
            .required(
                "from",
                "when it begins, by the zone's clock",
                .text(.localTime),
                like: "from: \"2026-12-20T00:00\""
            ),
            .required("until", "the first minute after it", .text(.localTime), like: "until: \"2027-01-03T00:00\""),
            .required("zone", "whose clock is meant", .text(.zone), like: "zone: Europe/Paris"),
            .required("reason", "why nothing may change", .text(reasonShape), like: "reason: year's end"),
        ],
        habits: [
            "to": "write 'until', the first minute after it", "days": "a freeze has a day in 'from' and in 'until'",
        ]
    )
    private static let reasonBytes = 256
    private static let reasonShape = TextShape(lengths: 1...reasonBytes) { text in
        if text.isEmpty { return "is empty; say why nothing may change" }
        return text.utf8.count > reasonBytes ? "is longer than \(reasonBytes) bytes" : nil
    }

    static func read(from policy: inout ObjectReader) -> [Freeze] {
        policy.objects("freezes") { freeze in
            let from = dateTime("from", from: &freeze)
            let until = dateTime("until", from: &freeze)
            let zone = freeze.text("zone")
            let reason = freeze.text("reason")
            if let from, let until, from >= until {
                let problem = from == until ? "when it begins" : "before it begins"
                freeze.report(
                    "the freeze ends \(problem)",
                    key: "until",
                    hint: "swap 'from' and 'until', or mend the year"
                )
                return nil
            }
            guard let from, let until, let zone, let reason else { return nil }
            return Freeze(from: from, until: until, zone: zone, reason: reason)
        }
    }

    private static func dateTime(_ key: String, from freeze: inout ObjectReader) -> String? {
        let hint = "a day and a time of the zone, in quotes, like \"2026-12-20T00:00\""
        guard let text = freeze.text(key, rule: { _ in nil }) else { return nil }
        if LocalTime.isDateTime(text) { return text }
        let nearest = AmountAdvice.dateTime(text).map { "did you mean \"\($0)\"? " } ?? ""
        freeze.report("'\(text)' is not a day and a time", key: key, hint: nearest + hint)
        return nil
    }

    static func node(of freeze: Freeze) -> ManifestNode {
        .object([
            "from": .string(freeze.from), "until": .string(freeze.until), "zone": .string(freeze.zone),
            "reason": .string(freeze.reason),
        ])
    }
}
