import Fleet

extension Deployment.Policy {
    /// Adds how a deployment changes to its description.
    func describe(in text: inout DescriptionText) {
        text.add("Waves", "\(rollout.waves.map(\.description).joined(separator: ", ")), spread over \(rollout.spread)")
        text.add("At once", rollout.maxInFlight.words)
        text.add("Stable for", "\(rollout.stableFor) (rollback \(rollbackStableFor))")
        text.add("Bake", rollout.bake > .seconds(0) ? "\(rollout.bake) after each wave" : "none")
        text.add("May fail", "\(rollout.maxFailed.words) after the first wave")
        text.add("Unreachable", rollout.unreachable.words)
        text.add("Rollback", "\(rollbackStrategy.rawValue); \(rollbackOnFailure.words) where there is nowhere to go")
        text.add("Readiness", rollout.minReadiness.map { "no rollout unless \($0.words) that serve can go back" })
        text.add("Windows", windows.map(\.words).joined(separator: "; "))
        text.add("Freezes", freezes.map(\.words).joined(separator: "; "))
    }
}

extension Amount {
    fileprivate var words: String {
        switch self {
        case .count(let count): count == 1 ? "1 host" : "\(count) hosts"
        case .percent(let percent): "\(percent)% of the hosts"
        }
    }
}

extension AssignmentItem.OnFailure {
    /// What a host does.
    var words: String {
        switch self {
        case .keepServing: "keeps serving"
        case .stop: "stops"
        }
    }
}

extension RolloutPolicy.Unreachable {
    fileprivate var words: String {
        switch self {
        case .exclude: "excluded; they follow on return"
        case .wait(let span): "waited for, \(span) from the rollout's start"
        case .fail: "count as failed"
        }
    }
}

extension MaintenanceWindow {
    /// `mon,tue 22:00-04:00 Europe/Paris`.
    var words: String {
        "\(days.map(\.rawValue).joined(separator: ",")) \(Self.time(opens))-\(Self.time(closes)) \(zone)"
    }

    private static func time(_ minutes: Int) -> String {
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(two(minutes / 60)):\(two(minutes % 60))"
    }
}

extension Freeze {
    /// `2026-12-20T00:00 to 2027-01-03T00:00 Europe/Paris: end of year`.
    var words: String { "\(from) to \(until) \(zone): \(reason)" }
}
