package import Fleet

/// A host with what it said last.
package struct HostRecord: Sendable, Hashable {
    /// As enrolled.
    package var host: FleetHost
    /// When it was last heard, to about 30 s.
    package var lastSeen: Instant?
    /// The newest report that was stored.
    package var report: HostReport?
    /// The revision of the last change of the host itself; reports do not change it.
    package var resourceVersion: UInt64
}
