/// Where the audit's chain has a record: what an auditor compares.
package struct AuditReference: Hashable, Sendable, Codable {
    /// Counts from 1, without gaps.
    package var sequence: UInt64
    /// The record's hash, as `sha256:…`.
    package var hash: String

    /// Where the audit's chain has a record.
    package init(sequence: UInt64, hash: String) {
        self.sequence = sequence
        self.hash = hash
    }
}
