import Fleet

extension TargetState {
    /// How a state is painted. What was verified and has a reason since is not well any more.
    func tone(reason: String?) -> TextStyle.Tone {
        switch self {
        case .verified: reason == nil ? .good : .busy
        case .removed: .good
        case .failed, .reverting, .reverted, .revertFailed: .bad
        case .pending: .faint
        case .staging, .staged, .stoppingOld, .starting, .probing, .switching, .observing, .removing: .busy
        }
    }
}

extension Rollout.State {
    /// How a state is painted.
    var tone: TextStyle.Tone {
        switch self {
        case .succeeded: .good
        case .preflight, .progressing, .baking, .paused: .busy
        case .aborting, .aborted: .bad
        case .superseded, .cancelled: .faint
        }
    }
}

extension RevisionView {
    /// `wine 1.0.0 (revision 3)`.
    var title: String { "\(model) \(version) (revision \(number))" }
}

extension Receipt {
    /// In words.
    var text: String {
        switch self {
        case .done: "done"
        case .unaffected: "unaffected"
        case .inProgress(let state): "in progress: \(state.rawValue)"
        case .offline: "offline, applies on return"
        case .noTarget(.keepServing): "no target: keeps serving what is condemned"
        case .noTarget(.stop): "no target: stopped"
        case .pinned: "pinned on the host"
        case .failed(let cause, _): "failed: \(cause)"
        }
    }

    /// How it is painted.
    var tone: TextStyle.Tone {
        switch self {
        case .done, .unaffected: .good
        case .inProgress, .offline: .busy
        case .noTarget, .pinned, .failed: .bad
        }
    }
}
