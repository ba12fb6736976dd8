package import Fleet

/// A person or program that may use the operator API. Only the token's hash is known.
package struct OperatorRecord: Sendable, Hashable {
    /// What the token allows: each role what the ones before it do, and more (DESIGN §10).
    package enum Role: String, Sendable, Hashable, CaseIterable, Comparable {
        /// To read.
        case viewer
        /// To stop harm: pause, abort, roll back.
        case oncall
        /// To change what should run.
        case `operator`
        /// To enrol hosts and to make tokens.
        case admin

        package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
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
