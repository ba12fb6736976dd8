/// What a host served from when to when.
package struct HostHistoryView: Sendable, Codable {
    /// The host's name.
    package var host: String
    /// The newest first.
    package var items: [ServingView]

    /// What a host served from when to when.
    package init(host: String, items: [ServingView]) {
        self.host = host
        self.items = items
    }
}
