import Fleet

/// `policy.freezes` of a deployment, both ways.
enum FreezeManifest {
    static let keys = ObjectKeys(["from", "until", "zone", "reason"])
    private static let reasonBytes = 256

    static func read(from policy: inout ObjectReader) -> [Freeze] {
        policy.objects("freezes", limit: ManifestLimits.freezes, keys: keys) { freeze in
            let from = dateTime("from", from: &freeze)
            let until = dateTime("until", from: &freeze)
            let zone = freeze.text("zone", rule: TimeZoneRule.problem(withName:))
            let reason = freeze.text("reason") { text in
                if text.isEmpty { return "is empty; say why nothing may change" }
                return text.utf8.count > reasonBytes ? "is longer than \(reasonBytes) bytes" : nil
            }
            if let from, let until, from >= until {
                let problem = from == until ? "when it begins" : "before it begins"
                freeze.report("the freeze ends \(problem)", key: "until", hint: "'until' is the first minute after it")
                return nil
            }
            guard let from, let until, let zone, let reason else { return nil }
            return Freeze(from: from, until: until, zone: zone, reason: reason)
        }
    }

    private static func dateTime(_ key: String, from freeze: inout ObjectReader) -> String? {
        let hint = "a day and a time of the zone, in quotes, like \"2026-12-20T00:00\""
        guard freeze.has(key), let text = freeze.text(key, rule: { _ in nil }) else {
            if !freeze.has(key) { freeze.report("'\(key)' is missing", hint: hint) }
            return nil
        }
        if LocalTime.isDateTime(text) { return text }
        freeze.report("'\(text)' is not a day and a time", key: key, hint: hint)
        return nil
    }

    static func node(of freeze: Freeze) -> ManifestNode {
        .object([
            "from": .string(freeze.from), "until": .string(freeze.until), "zone": .string(freeze.zone),
            "reason": .string(freeze.reason),
        ])
    }
}
