/// An operator's word that nothing new is to move on a host: no rollout, no move outside one, no deployment that is not there
/// yet. What serves there serves on; a rollback, the way back from an abort and a removal reach it all the same.
package struct Cordon: Hashable, Sendable, Codable {
    /// Who said so.
    package var actor: String
    /// Why.
    package var reason: String
    /// Since when.
    package var since: Instant

    /// A cordon.
    package init(actor: String, reason: String, since: Instant) {
        self.actor = actor
        self.reason = reason
        self.since = since
    }

    /// For people: `cordoned by ada since …: reason`.
    package var text: String { "cordoned by \(actor) since \(since): \(reason)" }
}
