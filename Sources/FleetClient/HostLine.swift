package import Fleet

/// A host in one line of a long list (`HostSummary` in `Protocols/openapi.yaml`).
package struct HostLine: Hashable, Sendable, Decodable {
    /// Its name.
    package var name: String
    /// Its labels.
    package var labels: [String: String]
    /// Whether its lease is alive.
    package var connected: Bool
    /// When it was last heard.
    package var lastSeen: Instant?
    /// How many warnings there are of it.
    package var warnings: Int
    /// How many replicas it has; `nil` for a host that has not reported.
    package var replicas: Int?
    /// How many of them serve, and are as they should be.
    package var serving: Int?
    /// Whether its certificates are refused; missing where they are not.
    package var revoked: Bool?
    /// Whether nothing is sent to it; missing where that is not so.
    package var quarantined: Bool?
    /// Whether an operator keeps new things from it; missing where that is not so.
    package var cordoned: Bool?
}
