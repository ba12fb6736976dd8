/// An admin's leave that a deployment's endpoint takes a port of a host over although another program listens on it. New
/// connections go to what the deployment has proven, from the switch on; those that are established stay with that program.
package struct PortAdoption: Hashable, Sendable, Codable {
    /// Which port.
    package var port: UInt16
    /// Who said so.
    package var actor: String
    /// Why, if a reason was given.
    package var reason: String?
    /// Since when.
    package var since: Instant

    /// A leave.
    package init(port: UInt16, actor: String, reason: String?, since: Instant) {
        self.port = port
        self.actor = actor
        self.reason = reason
        self.since = since
    }
}
