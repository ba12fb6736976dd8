import Fleet

/// Tells a rollback as one line a change, for logs and pipes: pure.
///
/// Of a long list it tells the hosts that somebody has to look at, and how many are done in tenths; of a short one every
/// host.
struct RollbackLog {
    private let showsAll: Bool
    private var hosts: [String: String] = [:]
    private var tenths: [String: Int] = [:]

    /// - Parameter all: whether every host of a long list is told too.
    init(all: Bool = false) {
        showsAll = all
    }

    /// The lines that are new since the last time.
    mutating func lines(for view: RollbackView) -> [String] {
        var lines: [String] = []
        for deployment in view.deployments {
            let tellsAll = showsAll || deployment.counts.total <= RollbackView.wholeList
            for host in deployment.hosts where tellsAll || host.receipt.kind.isLoud {
                tell(host, &lines)
            }
            if !tellsAll { tell(deployment, &lines) }
        }
        return lines
    }

    private mutating func tell(_ host: RollbackHostView, _ lines: inout [String]) {
        let reason = host.reason.map { ": \($0)" } ?? ""
        var standing = host.receiptText
        if host.receipt.isTerminal { standing += ", \(host.way)" }
        if host.receipt.kind.isLoud { standing += reason }
        let key = "\(host.deployment)/\(host.host)"
        guard hosts.updateValue(standing, forKey: key) != standing else { return }
        lines.append("\(host.receiptAt) \(host.deployment) \(host.host) \(standing)")
    }

    private mutating func tell(_ deployment: RollbackDeploymentView, _ lines: inout [String]) {
        let counts = deployment.counts
        let ended = counts.total - counts[.inProgress] - counts[.offline]
        let now = counts.total == 0 ? 10 : ended * 10 / counts.total
        guard tenths.updateValue(now, forKey: deployment.name) != now else { return }
        lines.append("\(deployment.name): \(counts.text)")
    }
}

extension Receipt.Kind {
    /// Whether a log of many hosts tells it.
    fileprivate var isLoud: Bool {
        switch self {
        case .noTarget, .pinned, .failed: true
        case .done, .unaffected, .inProgress, .offline: false
        }
    }
}
