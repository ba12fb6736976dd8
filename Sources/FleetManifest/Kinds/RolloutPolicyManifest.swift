import Fleet

/// `policy.rollout` of a deployment, both ways.
enum RolloutPolicyManifest {
    static let keys = ObjectKeys(
        keys: [
            .optional(
                "waves",
                "how much of the list is done after each wave, rising, the last 100%; "
                    + "[\(standard.waves.map(\.description).joined(separator: ", "))] unless said",
                .list(of: .amount(from: 1), count: 1...ManifestLimits.waves)
            ),
            .optional(
                "spread",
                "the label whose values each wave is spread over; \(standard.spread) unless said",
                .text(.labelKey)
            ),
            .optional(
                "maxInFlight",
                "how many hosts may be on the move at a time; \(standard.maxInFlight) unless said",
                .amount(from: 1)
            ),
            .optional(
                "stableFor",
                "for how long everything must stay green before a host counts as verified; "
                    + "\(standard.stableFor) unless said",
                .span(PolicyManifest.stableRange)
            ),
            .optional(
                "bake",
                "how long a finished wave is watched before the next one begins; \(standard.bake) unless said",
                .span(bakeRange)
            ),
            .optional(
                "maxFailed",
                "how many hosts may fail after the first wave, a share rounded down; \(standard.maxFailed) unless said",
                .amount(from: 0)
            ),
            .optional(
                "unreachable",
                "what becomes of a host that cannot be reached when its turn comes; exclude unless said",
                .oneOf([.words(Word.allCases.map(\.rawValue)), .object(unreachableKeys)])
            ),
            .optional(
                "minReadiness",
                "how many of the hosts that serve something must be able to go back, or no rollout begins",
                .amount(from: 0)
            ),
        ],
        notBuiltYet: ["guards", "approvals", "unreachableUntil"],
        habits: [
            "maxUnavailable": "write 'maxInFlight': how many hosts may be on the move at a time",
            "maxSurge": "remove it: with the runtime's `update: sideBySide` both copies run on a host for a while",
            "type": "remove it: a rollout always goes in waves; one wave at once is `waves: [100%]`",
            "timeout": "remove it: the clocks are fixed; see `muster explain`",
            "canary": "write the canary as the first wave, like `waves: [1, 10%, 100%]`",
        ]
    )
    static let unreachableKeys = ObjectKeys(
        keys: [
            .required(
                "wait",
                "for how long after the rollout's start it is waited for; then it is excluded",
                .span(waitRange),
                like: "{wait: 2h}"
            )
        ]
    )
    private enum Word: String, CaseIterable { case exclude, fail }
    private static let standard = RolloutPolicy()
    private static let bakeRange = Span.seconds(0)...Span.seconds(7 * 86_400)
    private static let waitRange = Span.seconds(60)...Span.seconds(30 * 86_400)

    static func read(from policy: inout ObjectReader) -> RolloutPolicy? {
        policy.object("rollout") { rollout in
            var result = RolloutPolicy()
            if let waves = waves(from: &rollout) { result.waves = waves }
            if let spread = rollout.text("spread") { result.spread = spread }
            if let most = rollout.amount("maxInFlight") { result.maxInFlight = most }
            if let stableFor = rollout.span("stableFor") { result.stableFor = stableFor }
            if let bake = rollout.span("bake") { result.bake = bake }
            if let failed = rollout.amount("maxFailed") { result.maxFailed = failed }
            if let unreachable = unreachable(from: &rollout) { result.unreachable = unreachable }
            result.minReadiness = rollout.amount("minReadiness")
            return result
        }
    }

    /// The waves; a problem with the list as a whole is looked for only where each of them is sound.
    private static func waves(from rollout: inout ObjectReader) -> [Amount]? {
        guard rollout.has("waves") else { return nil }
        let before = rollout.problems.count
        var last: (count: Int, percent: Int) = (0, 0)
        let waves = rollout.list("waves") { rollout, node, path in
            guard let wave = rollout.amount(node, path: path, from: 1) else { return nil as Amount? }
            let isRising: Bool
            switch wave {
            case .count(let count):
                isRising = count > last.count
                last.count = max(last.count, count)
            case .percent(let percent):
                isRising = percent > last.percent
                last.percent = max(last.percent, percent)
            }
            guard !isRising else { return wave }
            rollout.report(
                "\(wave) is not more than the waves before it",
                at: node,
                path: path,
                hint: "waves are cumulative: each says how much of the list is done after it, like [1, 10%, 100%]"
            )
            return nil
        }
        guard let waves, rollout.problems.count == before else { return nil }
        guard waves.last == .percent(100) else {
            let problem = waves.last.map { "ends with \($0)" } ?? "is empty"
            rollout.report(
                "\(problem), and the last wave must be 100%",
                key: "waves",
                hint: "write the waves up to the whole list, like [1, 10%, 100%]"
            )
            return nil
        }
        return waves
    }

    private static func unreachable(from rollout: inout ObjectReader) -> RolloutPolicy.Unreachable? {
        guard let node = rollout.node("unreachable") else { return nil }
        if case .object = node.value {
            return rollout.object("unreachable") { $0.span("wait").map { .wait($0) } }
        }
        let path = rollout.path.appending("unreachable")
        guard let text = rollout.text(node, path: path, rule: { _ in nil }) else { return nil }
        switch Word(rawValue: text) {
        case .exclude: return .exclude
        case .fail: return .fail
        case nil:
            let word = text == "wait" ? "{wait: 2h}" : NearestName.of(text, among: Word.allCases.map(\.rawValue))
            let nearest = word.map { "did you mean \($0)? " } ?? ""
            rollout.report(
                "'\(text)' is not one of the words",
                key: "unreachable",
                hint: nearest + "accepted: exclude, fail, or {wait: 2h}"
            )
            return nil
        }
    }

    static func node(of policy: RolloutPolicy) -> ManifestNode {
        let unreachable: ManifestNode =
            switch policy.unreachable {
            case .exclude: .string(Word.exclude.rawValue)
            case .fail: .string(Word.fail.rawValue)
            case .wait(let span): .object(["wait": .string(span.description)])
            }
        return .object([
            "waves": ManifestNode(.array(policy.waves.map { ManifestNode(amount: $0) })),
            "spread": .string(policy.spread),
            "maxInFlight": ManifestNode(amount: policy.maxInFlight),
            "stableFor": .string(policy.stableFor.description),
            "bake": .string(policy.bake.description),
            "maxFailed": ManifestNode(amount: policy.maxFailed),
            "unreachable": unreachable,
            "minReadiness": policy.minReadiness.map { ManifestNode(amount: $0) },
        ])
    }
}
