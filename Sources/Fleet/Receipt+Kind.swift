extension Receipt {
    /// The kinds of receipts, in the order in which people read them.
    package enum Kind: String, CountedWord, Codable, CaseIterable {
        case done, unaffected, inProgress, offline, noTarget, pinned, failed

        package static var reading: [Kind] { allCases }

        /// Whether somebody should look at a host with such a receipt.
        package var needsAttention: Bool {
            switch self {
            case .done, .unaffected: false
            case .inProgress, .offline, .noTarget, .pinned, .failed: true
            }
        }

        /// For people, after a number: `3 in progress`.
        package var words: String {
            switch self {
            case .done: "done"
            case .unaffected: "unaffected"
            case .inProgress: "in progress"
            case .offline: "offline"
            case .noTarget: "without a target"
            case .pinned: "pinned"
            case .failed: "failed"
            }
        }
    }

    /// What kind of receipt it is.
    package var kind: Kind {
        switch self {
        case .done: .done
        case .unaffected: .unaffected
        case .inProgress: .inProgress
        case .offline: .offline
        case .noTarget: .noTarget
        case .pinned: .pinned
        case .failed: .failed
        }
    }
}
