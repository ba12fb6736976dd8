package import Fleet
package import FleetStore

extension FleetOperations {
    /// The most events of one answer.
    package static let eventLimit = 500
    /// How many facts of hosts are looked through: some are no events, or of other objects.
    private static let looked = 2_000

    /// What happened lately, the oldest first: what people did, and what became of it on hosts.
    ///
    /// - Parameters:
    ///   - name: with `kind`: about this object alone. Of a deployment or a host, what happened there on hosts too.
    ///   - since: nothing older.
    ///   - limit: of more, the newest.
    package func events(
        of kind: ObjectKind? = nil,
        named name: String? = nil,
        since: Instant,
        limit: Int = FleetOperations.eventLimit
    ) async throws -> Listing<EventView> {
        try await read { reader in
            let count = min(limit, Self.eventLimit)
            let records = try reader.newestAudit(of: kind, name, since: since, limit: count)
            var events = records.map(Self.event)
            if kind == nil || kind == .deployment || kind == .host {
                let words = EventWords(reader: reader)
                let facts = try reader.newestOutcomes(since: since, limit: Self.looked)
                for fact in facts {
                    guard let event = try words.event(of: fact) else { continue }
                    let isMeant =
                        kind == nil || name == nil
                        || (kind == .host ? event.by == "host/\(name ?? "")" : event.name == name)
                    if isMeant { events.append(event) }
                }
            }
            events.sort { ($0.at.milliseconds, $0.id) < ($1.at.milliseconds, $1.id) }
            return Listing(items: Array(events.suffix(count)), revision: try reader.revision())
        }
    }

    private static func event(_ record: AuditRecord) -> EventView {
        EventView(
            id: "audit/\(record.sequence)",
            at: record.at,
            by: record.actor,
            what: record.verb,
            kind: record.kind,
            name: record.name,
            reason: record.reason
        )
    }
}
