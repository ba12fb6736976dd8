/// A part of the audit, oldest first.
package struct AuditPage: Sendable, Codable {
    /// The records.
    package var items: [AuditRecord]
    /// The number after which the next part begins; `nil` at the end.
    package var next: UInt64?
    /// The newest record of all, as the controller keeps it apart from the records.
    package var head: AuditReference

    /// A part of the audit.
    package init(items: [AuditRecord], next: UInt64?, head: AuditReference) {
        self.items = items
        self.next = next
        self.head = head
    }
}
