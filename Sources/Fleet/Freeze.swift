/// A stretch of time in which a deployment is not changed, whatever its windows say. Rollbacks are not stopped by it.
package struct Freeze: Hashable, Sendable, Codable {
    /// When it begins: local time of the zone, `2026-12-20T00:00`.
    package var from: String
    /// When it ends; exclusive.
    package var until: String
    /// A name of the IANA time zone database.
    package var zone: String
    /// Why, for people.
    package var reason: String

    /// A stretch of time.
    package init(from: String, until: String, zone: String, reason: String) {
        self.from = from
        self.until = until
        self.zone = zone
        self.reason = reason
    }
}
