/// Why a transition on a host failed, for rules: the words for people are in the report's reason.
package struct ReplicaFailure: Hashable, Sendable, Codable {
    /// What kind of failure it was.
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// The files could not be fetched.
        case fetch
        /// The files that came are not those that were named.
        case digest
        /// The host does not meet what the revision needs: preflight refused it before anything moved.
        case refused
        /// Whatever failed after staging: start, probe, switch, observing.
        case transition
    }

    /// What kind of failure it was.
    package var kind: Kind
    /// The state in which it failed.
    package var state: TargetState

    /// Why a transition failed.
    package init(kind: Kind, state: TargetState) {
        self.kind = kind
        self.state = state
    }
}
