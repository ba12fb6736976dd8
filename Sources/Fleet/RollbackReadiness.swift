/// Whether a host could go back now: the way back is on disk, verified, and its runtime still meets what it requires.
package struct RollbackReadiness: Hashable, Sendable, Codable {
    /// The kinds of answer.
    package enum State: String, Hashable, Sendable, Codable, CaseIterable {
        /// There is nothing to go back to.
        case none
        /// The files are being looked at for the first time since the agent was started.
        case checking
        /// It could be taken now.
        case ready
        /// It could not.
        case notReady
    }

    /// What kind of answer it is.
    package var state: State
    /// The way back; `nil` when there is none.
    package var revision: RevisionReference?
    /// Why it is not ready; for people. `nil` when it is.
    package var reason: String?
    /// When its files were last seen whole, every byte hashed.
    package var verifiedAt: Instant?

    /// Whether a host could go back.
    package init(
        _ state: State,
        revision: RevisionReference? = nil,
        reason: String? = nil,
        verifiedAt: Instant? = nil
    ) {
        self.state = state
        self.revision = revision
        self.reason = reason
        self.verifiedAt = verifiedAt
    }
}
