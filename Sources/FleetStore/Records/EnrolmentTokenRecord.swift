package import Fleet

/// A single-use token that lets one host enrol. Only its hash is known.
package struct EnrolmentTokenRecord: Sendable, Hashable {
    /// SHA-256 of the token's text.
    package var hash: Digest
    /// What the host will bear.
    package var labels: [String: String]
    /// When it was made.
    package var createdAt: Instant
    /// By whom.
    package var createdBy: String
    /// From then on it is refused.
    package var expiresAt: Instant
    /// When it was used, and the id of the host that it let in.
    package var use: Use?
    /// When a person revoked it.
    package var revokedAt: Instant?

    /// The one use of a token.
    package struct Use: Sendable, Hashable {
        /// When.
        package var at: Instant
        /// The id of the host.
        package var host: String
    }
}
