package import Fleet

extension HostOutcome {
    /// Whether it is told as an event. What a person did on a host is told by the audit; that a new revision serves, by its
    /// proof; how far a rollback is, by its end.
    package var isEvent: Bool {
        switch kind {
        case .verified, .reverted, .revertFailed, .removed: true
        case .rolledBack(_, let receipt): receipt.isTerminal
        case .serving, .local: false
        }
    }
}
