package import Fleet

/// A place among events: they are in the order of their times, those of one time in that of their ids.
package struct EventPlace: Hashable, Sendable, CustomStringConvertible {
    /// When the event was stored.
    package var at: Instant
    /// The event's id: `audit/SEQUENCE`, or `host/HOST/INSTANCE/SEQUENCE`.
    package var id: String

    /// The place of an event.
    package init(at: Instant, id: String) {
        self.at = at
        self.id = id
    }

    /// Reads what ``description`` writes; `nil` for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let milliseconds = Int64(parts[0]), !parts[1].isEmpty else { return nil }
        self.init(at: Instant(milliseconds: milliseconds), id: String(parts[1]))
    }

    /// `MILLISECONDS/ID`.
    package var description: String { "\(at.milliseconds)/\(id)" }
}
