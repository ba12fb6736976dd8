/// Enrolment tokens: shown once.
package struct HostTokensView: Sendable, Codable {
    /// Each lets one host enrol.
    package var tokens: [String]
    /// After that they are refused.
    package var expiresAt: Instant
    /// What the hosts will bear.
    package var labels: [String: String]

    /// Enrolment tokens: shown once.
    package init(
        tokens: [String],
        expiresAt: Instant,
        labels: [String: String]
    ) {
        self.tokens = tokens
        self.expiresAt = expiresAt
        self.labels = labels
    }
}
