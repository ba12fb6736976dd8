package import Fleet
package import FleetStore

extension FleetOperations {
    /// The most records of one page.
    package static let auditPage = 500

    /// A part of the audit, oldest first.
    ///
    /// - Parameters:
    ///   - sequence: only records after this one.
    ///   - limit: at most ``auditPage``.
    package func audit(
        after sequence: UInt64 = 0,
        actor: String? = nil,
        kind: ObjectKind? = nil,
        name: String? = nil,
        since: Instant? = nil,
        limit: Int = FleetOperations.auditPage
    ) async throws -> AuditPage {
        try await read { reader in
            let count = min(limit, Self.auditPage)
            let items = try reader.audit(
                after: sequence,
                actor: actor,
                kind: kind,
                name: name,
                since: since,
                limit: count
            )
            return AuditPage(
                items: items,
                next: items.count == count ? items.last?.sequence : nil,
                head: try reader.auditHead()
            )
        }
    }
}
