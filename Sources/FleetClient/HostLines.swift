/// A long list of hosts (`HostSummaries` in `Protocols/openapi.yaml`).
package struct HostLines: Hashable, Sendable, Decodable {
    /// Whether nothing moves until a person thaws the controller.
    package var isFrozen: Bool
    /// By name.
    package var items: [HostLine]

    private enum CodingKeys: String, CodingKey {
        case isFrozen = "frozen"
        case items
    }
}
