/// Proves the audit: takes its records in order, from the first one on, and finds the first that is not what was written.
package struct AuditChain: Hashable, Sendable {
    /// The hash before the first record.
    package static let genesis = "sha256:" + String(repeating: "0", count: 64)

    /// How far the chain is whole; sequence 0 at its beginning.
    package private(set) var end = AuditReference(sequence: 0, hash: AuditChain.genesis)

    /// A chain without a record.
    package init() {}

    /// Takes the next record.
    ///
    /// - Returns: why it is not the record that was written there; `nil` when it is.
    package mutating func take(_ record: AuditRecord) -> String? {
        guard record.sequence == end.sequence + 1 else {
            return "it has the number \(record.sequence): a record was removed or put in"
        }
        guard record.previousHash == end.hash else {
            return "it follows \(record.previousHash), and the record before it has \(end.hash)"
        }
        guard record.hash == record.expectedHash else {
            return "its content was changed: it has the hash \(record.expectedHash), and \(record.hash) was written"
        }
        end = AuditReference(sequence: record.sequence, hash: record.hash)
        return nil
    }

    /// Compares the end with what was noted elsewhere: only so is a chain that was cut at its end told.
    ///
    /// - Returns: why they differ; `nil` when they agree.
    package func problem(endingAt head: AuditReference) -> String? {
        guard head != end else { return nil }
        return "it ends with number \(end.sequence), \(end.hash), and should end with number \(head.sequence), "
            + "\(head.hash): records at its end were removed"
    }
}
