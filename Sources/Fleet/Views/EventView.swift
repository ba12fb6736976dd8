/// Something that happened: what a person did, or what became of it on a host.
package struct EventView: Hashable, Sendable, Codable {
    /// Tells it from others: `audit/12`, or `host/…`.
    package var id: String
    /// When the controller stored it.
    package var at: Instant
    /// Who: an operator, or `host/NAME`.
    package var by: String
    /// What, in words: `update`, `proved 2.0.0 (revision 3)`, `went back: …`.
    package var what: String
    /// What kind of object it happened to: `Deployment`, `Host`, …
    package var kind: String
    /// The object's name.
    package var name: String
    /// Why, if somebody said so.
    package var reason: String?
    /// Whether something failed.
    package var failed: Bool

    /// Something that happened.
    package init(
        id: String,
        at: Instant,
        by: String,
        what: String,
        kind: String,
        name: String,
        reason: String? = nil,
        failed: Bool = false
    ) {
        self.id = id
        self.at = at
        self.by = by
        self.what = what
        self.kind = kind
        self.name = name
        self.reason = reason
        self.failed = failed
    }
}
