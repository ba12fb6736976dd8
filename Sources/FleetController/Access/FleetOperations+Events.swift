package import Fleet
package import FleetStore

extension FleetOperations {
    /// The most events of one answer.
    package static let eventLimit = 500

    /// What happened lately, the oldest first: what people did, and what became of it on hosts.
    ///
    /// - Parameters:
    ///   - name: with `kind`: about this object alone. Of a deployment or a host, what happened there on hosts too.
    ///   - since: nothing older.
    ///   - place: `next` of the answer before: what happened before what it shows.
    ///   - limit: of more, the newest; at most ``eventLimit``.
    /// - Returns: `next` is there when older events since then were left out.
    package func events(
        of kind: ObjectKind? = nil,
        named name: String? = nil,
        since: Instant,
        before place: EventPlace? = nil,
        limit: Int = FleetOperations.eventLimit
    ) async throws -> Listing<EventView> {
        try await read { reader in
            let count = min(limit, Self.eventLimit)
            // One more than is shown tells that there are more.
            let records = try reader.newestAudit(of: kind, name, since: since, before: place, limit: count + 1)
            var events = records.map(Self.event)
            let words = EventWords(reader: reader)
            for origin in try Self.origins(of: kind, named: name, in: reader) {
                events += try reader.newestOutcomes(
                    ofHost: origin.host,
                    deployment: origin.deployment,
                    since: since,
                    before: place,
                    limit: count + 1
                ).compactMap { try words.event(of: $0) }
            }
            events.sort { ($0.at.milliseconds, $0.id) < ($1.at.milliseconds, $1.id) }
            let shown = Array(events.suffix(count))
            let oldest = events.count > count ? shown.first : nil
            return Listing(
                items: shown,
                revision: try reader.revision(),
                next: oldest.map { EventPlace(at: $0.at, id: $0.id).description }
            )
        }
    }

    /// Whose facts are events about an object: those of a host by its id, those of a deployment by its uid, or all.
    private static func origins(
        of kind: ObjectKind?,
        named name: String?,
        in reader: FleetReader
    ) throws -> [(host: String?, deployment: String?)] {
        switch (kind, name) {
        case (nil, _), (.host?, nil), (.deployment?, nil): [(nil, nil)]
        // One that was deleted goes by its id.
        case (.host?, let name?): [(try reader.host(named: name)?.host.id ?? name, nil)]
        case (.deployment?, let name?): try reader.deploymentUIDs(named: name).map { (nil, $0) }
        default: []
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
