/// Mistakes in a deployment's policy.
enum PolicyProblems {
    private static func deployment(_ policy: String) -> String {
        ManifestProblemTests.deployment + "  scope: {hosts: \"\"}\n  policy:\n" + policy
    }

    private static let hosts = "a number of hosts from 1 to 1000000, or a share of the list from 1% to 100%"
    private static let rising =
        "waves are cumulative: each says how much of the list is done after it, like [1, 10%, 100%]"
    private static let last = "write the waves up to the whole list, like [1, 10%, 100%]"
    private static let zone = "is not a name of the time zone database"
    private static let dayWords = "accepted: mon, tue, wed, thu, fri, sat, sun"
    private static let days = "write mon, mon-fri, mon-sun or a list like [mon, wed]"
    private static let day = "a day and a time of the zone, in quotes, like \"2026-12-20T00:00\""

    static let table: [BadManifest] = [
        BadManifest(
            "amounts that are none",
            deployment(
                """
                    rollout: {waves: [0, 101%, 5%%, ten, "3", 1.5, yes, 100%], maxInFlight: 0%, maxFailed: -1,
                      bake: 169h, spread: "a b", unreachable: excluded, wave: 1}
                """
            ),
            [
                "m.yaml:8:23: spec.policy.rollout.waves[0]: 0 is out of range; \(hosts)",
                "m.yaml:8:26: spec.policy.rollout.waves[1]: 101% is out of range; \(hosts)",
                "m.yaml:8:32: spec.policy.rollout.waves[2]: '5%%' is not a share; \(hosts)",
                "m.yaml:8:37: spec.policy.rollout.waves[3]: 'ten' is neither a number nor a share; \(hosts)",
                "m.yaml:8:42: spec.policy.rollout.waves[4]: '3' is neither a number nor a share; \(hosts)",
                "m.yaml:8:47: spec.policy.rollout.waves[5]: 1.5 is out of range; \(hosts)",
                "m.yaml:8:52: spec.policy.rollout.waves[6]: must be a number or a share, "
                    + "and is an unquoted word; \(hosts)",
                "m.yaml:8:77: spec.policy.rollout.maxInFlight: 0% is out of range; \(hosts)",
                "m.yaml:8:92: spec.policy.rollout.maxFailed: -1 is out of range; "
                    + "a number of hosts from 0 to 1000000, or a share of the list from 0% to 100%",
                "m.yaml:9:13: spec.policy.rollout.bake: 169h is out of range; "
                    + "from 0s to 168h, written like 10s, 1m30s, 250ms",
                "m.yaml:9:27: spec.policy.rollout.spread: 'a b' holds a character that is not allowed, at position 2",
                "m.yaml:9:47: spec.policy.rollout.unreachable: 'excluded' is not one of the words; "
                    + "did you mean 'exclude'? accepted: exclude, fail, or {wait: 2h}",
                "m.yaml:9:57: spec.policy.rollout.wave: unknown key 'wave'; did you mean 'waves'? accepted here: "
                    + "waves, spread, maxInFlight, stableFor, bake, maxFailed, unreachable, minReadiness",
            ]
        ),
        BadManifest(
            "waves that do not rise, and do not end with all",
            deployment("    rollout: {waves: [1, 10%, 1, 5, 10%, 100%, 50%]}"),
            [
                "m.yaml:8:31: spec.policy.rollout.waves[2]: 1 is not more than the waves before it; \(rising)",
                "m.yaml:8:37: spec.policy.rollout.waves[4]: 10% is not more than the waves before it; \(rising)",
                "m.yaml:8:48: spec.policy.rollout.waves[6]: 50% is not more than the waves before it; \(rising)",
            ]
        ),
        BadManifest(
            "waves that do not rise, and do not end with all",
            deployment("    rollout: {waves: [1, 50%]}"),
            ["m.yaml:8:22: spec.policy.rollout.waves: ends with 50%, and the last wave must be 100%; \(last)"]
        ),
        BadManifest(
            "no waves",
            deployment("    rollout: {waves: []}"),
            ["m.yaml:8:22: spec.policy.rollout.waves: is empty, and the last wave must be 100%; \(last)"]
        ),
        BadManifest(
            "too many waves",
            deployment("    rollout: {waves: [\((1...100).map { "\($0)" }.joined(separator: ", ")), 100%]}"),
            ["m.yaml:8:22: spec.policy.rollout.waves: holds 101 elements; at most 100 are allowed"]
        ),
        BadManifest(
            "a wait without an end",
            deployment("    rollout: {unreachable: {}}"),
            ["m.yaml:8:28: spec.policy.rollout.unreachable: 'wait' is missing; say how long, like {wait: 2h}"]
        ),
        BadManifest(
            "a rollback by words that are none",
            deployment(
                """
                    rollout: {minReadiness: 101%}
                    rollback: {strategy: rollng, onFailure: keepserving, onfailure: stop}
                """
            ),
            [
                "m.yaml:8:29: spec.policy.rollout.minReadiness: 101% is out of range; "
                    + "a number of hosts from 0 to 1000000, or a share of the list from 0% to 100%",
                "m.yaml:9:26: spec.policy.rollback.strategy: 'rollng' is not one of the words; "
                    + "did you mean 'rolling'? accepted: fast, rolling",
                "m.yaml:9:45: spec.policy.rollback.onFailure: 'keepserving' is not one of the words; "
                    + "did you mean 'keepServing'? accepted: keepServing, stop",
                "m.yaml:9:58: spec.policy.rollback.onfailure: unknown key 'onfailure'; did you mean 'onFailure'? "
                    + "accepted here: strategy, stableFor, onFailure",
            ]
        ),
        BadManifest(
            "a zone that does not exist",
            deployment(
                """
                    rollout: {unreachable: {wait: 1s}}
                    windows:
                      - {days: mon, from: "00:00", to: "01:00", zone: Paris}
                      - {days: mon, from: "00:00", to: "01:00", zone: Europe/Pariss}
                      - {days: mon, from: "00:00", to: "01:00", zone: GMT+2}
                """
            ),
            [
                "m.yaml:8:35: spec.policy.rollout.unreachable.wait: 1s is out of range; "
                    + "from 1m to 720h, written like 10s, 1m30s, 250ms",
                "m.yaml:10:55: spec.policy.windows[0].zone: 'Paris' \(zone); did you mean 'Europe/Paris'?",
                "m.yaml:11:55: spec.policy.windows[1].zone: 'Europe/Pariss' \(zone); did you mean 'Europe/Paris'?",
                "m.yaml:12:55: spec.policy.windows[2].zone: 'GMT+2' \(zone); write it like Europe/Paris or UTC",
            ]
        ),
        BadManifest(
            "windows that cannot be read",
            deployment(
                """
                    windows:
                      - {days: [mon, mo, mon], from: "25:00", to: 24:00, zone: UTC}
                      - {days: mon-fry, from: "24:00", to: "24:01", zone: UTC}
                      - {days: mon-tue-wed, from: "9:00", to: "09:60", zone: UTC}
                      - {days: [], day: mon}
                      - mon
                """
            ),
            [
                "m.yaml:9:22: spec.policy.windows[0].days[1]: 'mo' is not a day; did you mean 'mon'? \(dayWords)",
                "m.yaml:9:26: spec.policy.windows[0].days[2]: 'mon' stands twice",
                "m.yaml:9:38: spec.policy.windows[0].from: '25:00' is not a time of day; "
                    + "hours and minutes from \"00:00\" to \"23:59\", in quotes",
                "m.yaml:9:51: spec.policy.windows[0].to: must be a text, and is an unquoted word; quote it: \"24:00\"",
                "m.yaml:10:16: spec.policy.windows[1].days: 'fry' is not a day; did you mean 'fri'? \(dayWords)",
                "m.yaml:10:31: spec.policy.windows[1].from: '24:00' is not a time of day; "
                    + "hours and minutes from \"00:00\" to \"23:59\", in quotes",
                "m.yaml:10:44: spec.policy.windows[1].to: '24:01' is not a time of day; "
                    + "hours and minutes from \"00:00\" to \"24:00\", in quotes",
                "m.yaml:11:16: spec.policy.windows[2].days: 'mon-tue-wed' names no days; \(days)",
                "m.yaml:11:35: spec.policy.windows[2].from: '9:00' is not a time of day; "
                    + "hours and minutes from \"00:00\" to \"23:59\", in quotes",
                "m.yaml:11:47: spec.policy.windows[2].to: '09:60' is not a time of day; "
                    + "hours and minutes from \"00:00\" to \"24:00\", in quotes",
                "m.yaml:12:9: spec.policy.windows[3]: 'from' is missing; "
                    + "hours and minutes from \"00:00\" to \"23:59\", in quotes",
                "m.yaml:12:9: spec.policy.windows[3]: 'to' is missing; "
                    + "hours and minutes from \"00:00\" to \"24:00\", in quotes",
                "m.yaml:12:9: spec.policy.windows[3]: 'zone' is missing",
                "m.yaml:12:16: spec.policy.windows[3].days: is empty; \(days)",
                "m.yaml:12:20: spec.policy.windows[3].day: unknown key 'day'; did you mean 'days'? "
                    + "accepted here: days, from, to, zone",
                "m.yaml:13:9: spec.policy.windows[4]: must be an object, and is a text; "
                    + "accepted keys: days, from, to, zone",
            ]
        ),
        BadManifest(
            "windows and freezes without any length",
            deployment(
                """
                    windows: [{days: sat, from: "10:00", to: "10:00", zone: UTC}]
                    freezes:
                      - {from: "2026-12-20T00:00", until: "2026-12-20T00:00", zone: UTC, reason: a}
                      - {from: "2026-12-20T00:00", until: "2026-12-19T23:59", zone: UTC, reason: b}
                """
            ),
            [
                "m.yaml:8:46: spec.policy.windows[0].to: the window closes when it opens; "
                    + "for whole days write from: \"00:00\", to: \"24:00\"",
                "m.yaml:10:43: spec.policy.freezes[0].until: the freeze ends when it begins; "
                    + "'until' is the first minute after it",
                "m.yaml:11:43: spec.policy.freezes[1].until: the freeze ends before it begins; "
                    + "'until' is the first minute after it",
            ]
        ),
        BadManifest(
            "freezes that cannot be read",
            deployment(
                """
                    freezes:
                      - {from: "2026-13-20T00:00", until: "2026-12-20", zone: UTC, reason: ""}
                      - {from: "2026-02-29T00:00", until: "2028-02-29T24:00", reason: 1}
                      - {from: "1999-01-01T00:00", zone: UTC, reason: a, to: x}
                """
            ),
            [
                "m.yaml:9:16: spec.policy.freezes[0].from: '2026-13-20T00:00' is not a day and a time; \(day)",
                "m.yaml:9:43: spec.policy.freezes[0].until: '2026-12-20' is not a day and a time; \(day)",
                "m.yaml:9:76: spec.policy.freezes[0].reason: '' is empty; say why nothing may change",
                "m.yaml:10:9: spec.policy.freezes[1]: 'zone' is missing",
                "m.yaml:10:16: spec.policy.freezes[1].from: '2026-02-29T00:00' is not a day and a time; \(day)",
                "m.yaml:10:43: spec.policy.freezes[1].until: '2028-02-29T24:00' is not a day and a time; \(day)",
                "m.yaml:10:71: spec.policy.freezes[1].reason: must be a text, and is a number; quote it: \"1\"",
                "m.yaml:11:9: spec.policy.freezes[2]: 'until' is missing; \(day)",
                "m.yaml:11:16: spec.policy.freezes[2].from: '1999-01-01T00:00' is not a day and a time; \(day)",
                "m.yaml:11:58: spec.policy.freezes[2].to: unknown key 'to'; accepted here: from, until, zone, reason",
            ]
        ),
    ]
}
