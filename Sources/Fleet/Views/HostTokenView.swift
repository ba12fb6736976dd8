/// An enrolment token, without its secret.
package struct HostTokenView: Sendable, Hashable, Codable {
    /// What has become of a token.
    package enum State: String, Sendable, Hashable, Codable {
        /// It lets one host in.
        case good
        /// It has let one in.
        case used
        case expired
        case revoked
    }

    /// The beginning of the hash of its secret: names it, and proves nothing.
    package var id: String
    /// What has become of it.
    package var state: State
    /// What the host will bear.
    package var labels: [String: String]
    /// When it was made.
    package var createdAt: Instant
    /// By whom.
    package var createdBy: String
    /// From then on it is refused.
    package var expiresAt: Instant
    /// The name of the host that it let in.
    package var usedBy: String?

    /// An enrolment token.
    package init(
        id: String,
        state: State,
        labels: [String: String],
        createdAt: Instant,
        createdBy: String,
        expiresAt: Instant,
        usedBy: String? = nil
    ) {
        self.id = id
        self.state = state
        self.labels = labels
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
        self.usedBy = usedBy
    }
}
