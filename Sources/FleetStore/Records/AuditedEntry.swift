package import Fleet

/// One host's part in a rollback, and where its last receipt stands in the audit.
package struct AuditedEntry: Hashable, Sendable {
    /// A place in the audit's chain.
    package struct Place: Hashable, Sendable {
        /// Counts from 1, without gaps.
        package var sequence: UInt64
        /// The hash of the record.
        package var hash: String
    }

    /// The host's part.
    package var entry: RollbackEntry
    /// `nil` until the receipt is the last one.
    package var audit: Place?
}
