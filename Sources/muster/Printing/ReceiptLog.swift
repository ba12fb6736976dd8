import Fleet

/// Tells a rollback as one line a change, and knows when it is over: pure.
struct ReceiptLog {
    /// How a rollback stands.
    enum Outcome: Equatable {
        /// Some host is still on its way.
        case running
        /// Every reachable host is back, or was not affected.
        case done
        /// Some host had no target, or its target failed.
        case failed
    }

    private let hold: Hold
    private var standings: [String: String] = [:]
    /// How it stands, by what was last shown.
    private(set) var outcome = Outcome.running

    init(hold: Hold) {
        self.hold = hold
    }

    /// The lines that are new since the last time.
    mutating func lines(for hosts: [DeploymentHostView]) -> [String] {
        var lines: [String] = []
        for host in hosts where host.assigned {
            let serving = host.serving.map { "\($0.version) (revision \($0.number))" } ?? "nothing"
            let receipt = host.connected ? host.receipt?.text ?? host.state.rawValue : Receipt.offline.text
            let standing = "\(receipt), serves \(serving)"
            guard standings.updateValue(standing, forKey: host.host) != standing else { continue }
            lines.append("\(host.since.map { "\($0) " } ?? "")\(host.host) \(standing)")
        }
        let outcomes = hosts.filter { $0.assigned && $0.connected }.map(outcome(of:))
        outcome = outcomes.contains(.running) ? .running : outcomes.contains(.failed) ? .failed : .done
        return lines
    }

    /// Receipts go when the controller has settled the rollback, so what a host serves decides, and they add why.
    private func outcome(of host: DeploymentHostView) -> Outcome {
        switch host.receipt {
        case .noTarget?, .pinned?, .failed?: return .failed
        case nil, .done?, .unaffected?, .inProgress?, .offline?: break
        }
        guard host.state != .revertFailed else { return .failed }
        let isCondemned = host.serving?.written == hold.revision.written
        return host.state.isTerminal && !isCondemned ? .done : .running
    }
}
