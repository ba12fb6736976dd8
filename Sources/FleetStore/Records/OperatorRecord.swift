package import Fleet

/// A person or program that may use the operator API. Only the token's hash is known.
package struct OperatorRecord: Sendable, Hashable {
    /// SHA-256 of the token's text.
    package var hash: Digest
    /// Who it is; no two good tokens bear one name.
    package var name: String
    /// What the token allows.
    package var role: OperatorRole
    /// When the token was made.
    package var createdAt: Instant
    /// By whom; empty for those of before that was kept.
    package var createdBy: String
    /// From then on it is refused; `nil` for never.
    package var expiresAt: Instant?

    package init(
        hash: Digest,
        name: String,
        role: OperatorRole,
        createdAt: Instant,
        createdBy: String = "",
        expiresAt: Instant? = nil
    ) {
        self.hash = hash
        self.name = name
        self.role = role
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
    }

    /// Whether it is refused because of its age.
    package func isExpired(at now: Instant) -> Bool { expiresAt.map { $0 <= now } ?? false }
}
