/// A host as the controller knows it.
package struct FleetHost: Hashable, Sendable, Codable {
    /// Made at enrolment; the last part of the certificate's SPIFFE id.
    package var id: String
    /// For people; unique within the project.
    package var name: String
    /// What selectors see.
    package var labels: [String: String]
    /// `/etc/machine-id` at enrolment.
    package var machine: String
    /// Made by the agent at enrolment and stored beside its key: tells a host from its clone.
    package var instance: String
    /// When it enrolled.
    package var enrolledAt: Instant
    /// Whether its certificates are refused.
    package var isRevoked: Bool
    /// Why nothing new moves there, if an operator said so.
    package var cordon: Cordon?
    /// The ports that endpoints may take over from other programs there, by number; `nil` when there are none.
    package var adoptedPorts: [PortAdoption]?

    /// A host.
    package init(
        id: String,
        name: String,
        labels: [String: String],
        machine: String,
        instance: String,
        enrolledAt: Instant,
        isRevoked: Bool = false,
        cordon: Cordon? = nil,
        adoptedPorts: [PortAdoption]? = nil
    ) {
        self.id = id
        self.name = name
        self.labels = labels
        self.machine = machine
        self.instance = instance
        self.enrolledAt = enrolledAt
        self.isRevoked = isRevoked
        self.cordon = cordon
        self.adoptedPorts = adoptedPorts
    }
}
