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
