import Fleet

extension RolloutStanding: TonedWord {
    /// How it is painted.
    var tone: TextStyle.Tone {
        switch self {
        case .verified, .returned: .good
        case .waiting: .faint
        case .staging, .staged, .moving, .skipped: .busy
        case .failed, .presumedFailed, .returning, .unreachable, .excluded, .ineligible: .bad
        }
    }
}

extension RolloutWaveView {
    /// `wave 2, under way`; of a rollout that has ended, a wave whose turn never came was not begun.
    func title(of rollout: Rollout) -> String {
        let word =
            switch state {
            case .waiting: rollout.state.isForward ? "waits" : "not begun"
            case .underWay: "under way"
            case .baking: "watched"
            case .done: "done"
            }
        return "wave \(number + 1), \(word)"
    }
}

extension RolloutTarget {
    /// What stands over its state, for people; `nil` for nothing.
    func overlayText(now: Instant) -> String? {
        switch overlay {
        case nil: nil
        case .unreachable(let since): "unreachable for \(Measure.age(of: since, now: now))"
        case .presumedFailed(let since): "presumed failed: dark since \(since)"
        case .deferred(let until): until.map { "its turn comes at \($0)" } ?? "waits for its turn"
        case .skipped(let reason): "skipped: \(reason)"
        case .ineligible(let reason): "ineligible: \(reason)"
        case .excluded(let reason): "excluded: \(reason)"
        }
    }

    /// Why it stands where it does; what stands over its state comes first.
    func note(now: Instant) -> String {
        var parts = [overlayText(now: now)].compactMap { $0 }
        for text in [failure, reason].compactMap({ $0 }) where !parts.contains(where: { $0.contains(text) }) {
            parts.append(text)
        }
        return parts.joined(separator: "; ")
    }
}
