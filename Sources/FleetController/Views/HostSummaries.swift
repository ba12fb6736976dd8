/// A long list of hosts.
package struct HostSummaries: Hashable, Sendable {
    /// Whether nothing moves until a person thaws the controller.
    package var isFrozen: Bool
    /// By name.
    package var items: [HostSummary]
}
