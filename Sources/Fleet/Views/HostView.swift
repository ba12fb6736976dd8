/// A host and what it last said.
package struct HostView: Sendable, Codable {
    /// As enrolled.
    package var host: FleetHost
    /// Whether its lease is alive.
    package var connected: Bool
    /// When it was last heard.
    package var lastSeen: Instant?
    /// When the newest certificate that it got ends; `nil` when it has none that counts.
    package var certificateEnds: Instant?
    /// The newest report.
    package var report: HostReport?
    /// For example that replicas run as root.
    package var warnings: [String]
    /// Whatever is not where it should be.
    package var explanations: [Explanation]

    /// A host and what it last said.
    package init(
        host: FleetHost,
        connected: Bool,
        lastSeen: Instant? = nil,
        certificateEnds: Instant? = nil,
        report: HostReport? = nil,
        warnings: [String] = [],
        explanations: [Explanation] = []
    ) {
        self.host = host
        self.connected = connected
        self.lastSeen = lastSeen
        self.certificateEnds = certificateEnds
        self.report = report
        self.warnings = warnings
        self.explanations = explanations
    }
}
