/// A person or a program that may use the operator API.
package struct OperatorView: Sendable, Hashable, Codable {
    /// Who it is; no two good tokens bear one name.
    package var name: String
    /// What it may do.
    package var role: OperatorRole
    /// When the token was made.
    package var createdAt: Instant
    /// Who made it; empty for those of before that was kept.
    package var createdBy: String
    /// From then on it is refused; `nil` for never.
    package var expiresAt: Instant?

    /// An operator.
    package init(name: String, role: OperatorRole, createdAt: Instant, createdBy: String, expiresAt: Instant?) {
        self.name = name
        self.role = role
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
    }
}
