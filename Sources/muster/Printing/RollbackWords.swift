import Fleet

extension Receipt.Kind: TonedWord {
    /// How it is painted.
    var tone: TextStyle.Tone {
        switch self {
        case .done, .unaffected: .good
        case .inProgress, .offline: .busy
        case .noTarget, .pinned, .failed: .bad
        }
    }
}

extension RollbackView.State {
    /// For people.
    var words: String {
        switch self {
        case .running: "under way"
        case .waiting: "waits for hosts that are offline"
        case .ended: "ended"
        }
    }

    /// How it is painted.
    var tone: TextStyle.Tone {
        switch self {
        case .running, .waiting: .busy
        case .ended: .good
        }
    }
}

extension Rollback.Scope {
    /// For people.
    var words: String {
        switch self {
        case .deployments(let names): names.joined(separator: ", ")
        case .selector(let selector): "deployments with \(selector)"
        case .all: "every deployment"
        }
    }
}

extension Rollback.Destination {
    /// For people.
    var words: String {
        switch self {
        case .lastGood: "each host's last good version"
        case .version(let version): "version \(version)"
        case .time(let instant): "what was wanted at \(instant)"
        }
    }
}

extension RevisionView {
    /// `2.0.0 (3)`: version and revision.
    var short: String { "\(version) (\(number))" }
}

extension RollbackHostView {
    /// `2.0.0 (2) → 1.0.0 (1)`.
    var way: String {
        let start = from?.short ?? "nothing"
        switch receipt {
        case .done, .failed, .noTarget: return "\(start) → \(to?.short ?? "nothing")"
        case .inProgress, .offline: return to.map { "\(start) → \($0.short)" } ?? start
        case .unaffected, .pinned: return start
        }
    }

    /// The receipt, and what stands beside it.
    var receiptText: String {
        var text = receipt.text
        if case .inProgress = receipt {
            switch turn {
            case nil: text = "in progress: not told yet"
            case .wait: text += ", waits for its turn"
            case .go: break
            }
        }
        return text
    }

    /// Why it stands where it does.
    func note(now: Instant) -> String {
        var parts: [String] = []
        if let unreachableSince { parts.append("unreachable for \(Measure.age(of: unreachableSince, now: now))") }
        if let reason { parts.append(reason) }
        if let left = condemnedConnections, left > 0 { parts.append("\(left) connections to what is condemned") }
        return parts.joined(separator: "; ")
    }

    /// How long it took from its turn to its proof; `nil` unless it is done.
    var took: Span? {
        guard case .done = receipt, let since, let provenAt, provenAt >= since else { return nil }
        return provenAt - since
    }
}
