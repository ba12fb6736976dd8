/// Where one host of a rollout's list stands, in one word: each host of the list has exactly one, so counts by it sum to the
/// size of the list.
package enum RolloutStanding: String, CountedWord, Codable, CaseIterable {
    /// Its turn has not come.
    case waiting
    /// It was asked to have the files ready, or has them coming.
    case staging
    /// It is ready to move, and waits to be told.
    case staged
    /// It was told to move, and is not proven yet.
    case moving
    /// It is proven.
    case verified
    /// It failed by its own account.
    case failed
    /// It was dark for too long after it had been told to move.
    case presumedFailed
    /// It was told to go back, and is not there yet.
    case returning
    /// It was told to go back, and is there.
    case returned
    /// It cannot be reached, since before its switch.
    case unreachable
    /// It could not fetch the files, or refused them.
    case excluded
    /// It cannot take the deployment.
    case ineligible
    /// A person said to leave it.
    case skipped

    /// Whether somebody should look at a host that stands so.
    package var needsAttention: Bool {
        switch self {
        case .waiting, .staging, .staged, .moving, .verified, .returned: false
        case .failed, .presumedFailed, .returning, .unreachable, .excluded, .ineligible, .skipped: true
        }
    }
}

extension RolloutStanding {
    /// Where a host stands, by what is stored of it.
    ///
    /// - Parameter overlay: the name of the case of ``RolloutTarget/Overlay``; `nil` for nothing.
    package init(state: TargetState, asked: RolloutTarget.Asked, overlay: String?, isFailed: Bool) {
        switch overlay {
        case "unreachable": self = isFailed ? .failed : .unreachable
        case "presumedFailed": self = .presumedFailed
        case "skipped" where state != .verified: self = .skipped
        case "ineligible": self = .ineligible
        case "excluded": self = .excluded
        default: self = isFailed ? .failed : Self.standing(state, asked)
        }
    }

    private static func standing(_ state: TargetState, _ asked: RolloutTarget.Asked) -> RolloutStanding {
        switch asked {
        case .nothing: .waiting
        case .stage: state == .staged ? .staged : .staging
        case .go: state == .verified ? .verified : .moving
        case .back: state.isTerminal ? .returned : .returning
        }
    }

    /// In the order in which people read them.
    package static let reading: [RolloutStanding] = [
        .verified, .moving, .staged, .staging, .waiting, .returned, .returning, .failed, .presumedFailed, .unreachable,
        .excluded, .ineligible, .skipped,
    ]

    /// A word that follows a number.
    package var words: String {
        switch self {
        case .waiting: "waiting"
        case .staging: "staging"
        case .staged: "staged"
        case .moving: "moving"
        case .verified: "verified"
        case .failed: "failed"
        case .presumedFailed: "presumed failed"
        case .returning: "going back"
        case .returned: "back"
        case .unreachable: "unreachable"
        case .excluded: "excluded"
        case .ineligible: "ineligible"
        case .skipped: "skipped"
        }
    }
}

extension RolloutTarget {
    /// Where it stands, in one word.
    package var standing: RolloutStanding {
        RolloutStanding(state: state, asked: asked, overlay: overlay?.name, isFailed: failure != nil)
    }
}

extension RolloutTarget.Overlay {
    /// The name of the case.
    package var name: String {
        switch self {
        case .unreachable: "unreachable"
        case .presumedFailed: "presumedFailed"
        case .deferred: "deferred"
        case .skipped: "skipped"
        case .ineligible: "ineligible"
        case .excluded: "excluded"
        }
    }
}
