import Fleet

/// Tells a rollout as one line a change, for logs and pipes: pure.
struct RolloutLog {
    private var hosts: [String: String] = [:]
    private var state: String?

    /// The lines that are new since the last time.
    mutating func lines(for view: RolloutView) -> [String] {
        let rollout = view.rollout
        var lines: [String] = []
        for target in rollout.targets {
            let gone = target.unreachableSince == nil ? "" : " (unreachable)"
            let standing = "\(target.state.rawValue)\(gone)\(target.reason.map { ": \($0)" } ?? "")"
            guard hosts.updateValue(standing, forKey: target.name) != standing else { continue }
            lines.append("\(target.since) \(view.deployment) \(target.name) \(standing)")
        }
        let standing = "\(rollout.state.rawValue): \(rollout.reason)"
        if standing != state {
            state = standing
            lines.append("\(rollout.since) \(view.deployment) to \(view.revision.title) \(standing)")
        }
        return lines
    }
}
