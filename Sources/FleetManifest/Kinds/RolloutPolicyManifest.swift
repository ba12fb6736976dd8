import Fleet

/// `policy.rollout` of a deployment, both ways.
enum RolloutPolicyManifest {
    static let keys = ObjectKeys(
        ["waves", "spread", "maxInFlight", "stableFor", "bake", "maxFailed", "unreachable", "minReadiness"],
        notBuiltYet: ["guards", "approvals", "unreachableUntil"]
    )
    private enum Word: String, CaseIterable { case exclude, fail }
    private static let bakeRange = Span.seconds(0)...Span.seconds(7 * 86_400)
    private static let waitRange = Span.seconds(60)...Span.seconds(30 * 86_400)

    static func read(from policy: inout ObjectReader) -> RolloutPolicy? {
        policy.object("rollout", required: false, keys: keys) { rollout in
            var result = RolloutPolicy()
            if let waves = waves(from: &rollout) { result.waves = waves }
            if rollout.has("spread"), let spread = rollout.text("spread", rule: NameRule.problem(withLabelKey:)) {
                result.spread = spread
            }
            if let most = rollout.amount("maxInFlight", from: 1) { result.maxInFlight = most }
            if let stableFor = rollout.span("stableFor", in: PolicyManifest.stableRange) {
                result.stableFor = stableFor
            }
            if let bake = rollout.span("bake", in: bakeRange) { result.bake = bake }
            if let failed = rollout.amount("maxFailed", from: 0) { result.maxFailed = failed }
            if let unreachable = unreachable(from: &rollout) { result.unreachable = unreachable }
            result.minReadiness = rollout.amount("minReadiness", from: 0)
            return result
        }
    }

    /// The waves; a problem with the list as a whole is looked for only where each of them is sound.
    private static func waves(from rollout: inout ObjectReader) -> [Amount]? {
        guard rollout.has("waves") else { return nil }
        let before = rollout.problems.count
        var last: (count: Int, percent: Int) = (0, 0)
        let waves = rollout.list("waves", limit: ManifestLimits.waves) { rollout, node, path in
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
            return rollout.object("unreachable", keys: ObjectKeys(["wait"])) { unreachable in
                guard unreachable.has("wait") else {
                    unreachable.report("'wait' is missing", hint: "say how long, like {wait: 2h}")
                    return nil
                }
                return unreachable.span("wait", in: waitRange).map { .wait($0) }
            }
        }
        let path = rollout.path.appending("unreachable")
        guard let text = rollout.text(node, path: path, rule: { _ in nil }) else { return nil }
        switch Word(rawValue: text) {
        case .exclude: return .exclude
        case .fail: return .fail
        case nil:
            let nearest =
                NearestName.of(text, among: Word.allCases.map(\.rawValue)).map { "did you mean '\($0)'? " } ?? ""
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
