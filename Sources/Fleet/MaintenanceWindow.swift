/// A time of the week in which a deployment may be changed, in the words of one time zone.
package struct MaintenanceWindow: Hashable, Sendable, Codable {
    /// A day of the week, as manifests write it.
    package enum Day: String, Hashable, Sendable, Codable, CaseIterable {
        case mon, tue, wed, thu, fri, sat, sun
    }

    /// The days on which it opens; never empty.
    package var days: [Day]
    /// When it opens: minutes after midnight, 0…1439.
    package var opens: Int
    /// When it closes: minutes after midnight; one that is not after `opens` is of the next day.
    package var closes: Int
    /// A name of the IANA time zone database: `Europe/Paris`.
    package var zone: String

    /// A time of the week.
    package init(days: [Day], opens: Int, closes: Int, zone: String) {
        self.days = days
        self.opens = opens
        self.closes = closes
        self.zone = zone
    }
}

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
