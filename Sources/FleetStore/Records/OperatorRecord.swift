package import Fleet

/// A person or program that may use the operator API. Only the token's hash is known.
package struct OperatorRecord: Sendable, Hashable {
    /// What the token allows. `viewer`, `oncall` and `operator` follow with their issue.
    package enum Role: String, Sendable, Hashable {
        case admin
    }

    /// SHA-256 of the token's text.
    package var hash: Digest
    /// Who it is.
    package var name: String
    /// What the token allows.
    package var role: Role
    /// When the token was made.
    package var createdAt: Instant

    package init(hash: Digest, name: String, role: Role, createdAt: Instant) {
        self.hash = hash
        self.name = name
        self.role = role
        self.createdAt = createdAt
    }
}
