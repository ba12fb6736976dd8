import Fleet

/// Tells a rollout as one line a change, for logs and pipes: pure.
///
/// Of a long list it tells the hosts that need attention, and how far each wave is in tenths; of a short one every host.
struct RolloutLog {
    private let showsAll: Bool
    private var hosts: [String: String] = [:]
    private var waves: [Int: String] = [:]
    private var state: String?

    /// - Parameter all: whether every host of a long list is told too.
    init(all: Bool = false) {
        showsAll = all
    }

    /// The lines that are new since the last time.
    mutating func lines(for view: RolloutView) -> [String] {
        let rollout = view.rollout
        let tellsAll = showsAll || rollout.size <= RolloutView.wholeList
        var lines: [String] = []
        for target in view.targets where tellsAll || target.standing.needsAttention {
            let overlay = target.overlay.map { " (\($0.name))" } ?? ""
            let why = [target.failure, target.overlay?.reason, target.reason].lazy.compactMap { $0 }.first
            let standing = "\(target.state.rawValue)\(overlay)\(why.map { ": \($0)" } ?? "")"
            guard hosts.updateValue(standing, forKey: target.name) != standing else { continue }
            lines.append("\(target.since) \(view.deployment) \(target.name) \(standing)")
        }
        if !tellsAll { for wave in view.waves { tell(wave, of: view, &lines) } }
        let standing = "\(rollout.state.rawValue): \(rollout.reason)"
        if standing != state {
            state = standing
            lines.append("\(rollout.since) \(view.deployment) to \(view.revision.title) \(standing)")
        }
        return lines
    }

    private mutating func tell(_ wave: RolloutWaveView, of view: RolloutView, _ lines: inout [String]) {
        let tenths = wave.size == 0 ? 0 : wave.counts[.verified] * 10 / wave.size
        let standing = "\(wave.state.rawValue) \(tenths)"
        guard waves.updateValue(standing, forKey: wave.number) != standing, wave.state != .waiting else { return }
        lines.append(
            "\(view.deployment) \(wave.title(of: view.rollout)) of \(view.waves.count): \(wave.counts.text(style: .none))"
        )
    }
}

extension RolloutTarget.Overlay {
    /// Why it stands there, where it says so.
    fileprivate var reason: String? {
        switch self {
        case .unreachable, .presumedFailed, .deferred: nil
        case .skipped(let reason), .ineligible(let reason), .excluded(let reason): reason
        }
    }
}
