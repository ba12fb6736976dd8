/// A statement made on the host itself: what serves there stays, whatever the controller asks, until it is taken back there.
package struct LocalPin: Hashable, Sendable, Codable {
    /// Who said so: a user of the host.
    package var actor: String
    /// Why.
    package var reason: String
    /// Since when.
    package var since: Instant

    /// A pin.
    package init(actor: String, reason: String, since: Instant) {
        self.actor = actor
        self.reason = reason
        self.since = since
    }

    /// For people: `pinned on the host by ada since …: reason`.
    package var text: String { "pinned on the host by \(actor) since \(since): \(reason)" }
}
