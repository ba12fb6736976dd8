import Fleet

extension RollbackReadiness {
    /// Beside the way back, where it could not be taken now.
    var word: String? {
        switch state {
        case .none, .ready: nil
        case .checking: "checking"
        case .notReady: "not ready"
        }
    }

    /// How it is painted.
    var tone: TextStyle.Tone {
        switch state {
        case .none: .plain
        case .checking: .busy
        case .ready: .good
        case .notReady: .bad
        }
    }

    /// Why a host could not go back; `nil` when it could, or when there is nothing to go back to.
    func why(host: String, deployment: String, since: Instant?) -> Explanation? {
        guard state == .notReady else { return nil }
        let way = revision.map { "revision \($0.number)" } ?? "what it served before"
        return Explanation(
            why: "\(host) could not roll deployment/\(deployment) back to \(way) now: \(reason ?? "it is not ready")",
            since: verifiedAt ?? since,
            who: "host \(host)",
            next: "muster describe host \(host)"
        )
    }
}
