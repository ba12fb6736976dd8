/// What was settled at enrolment: `agent.json`.
package struct AgentSettings: Hashable, Sendable, Codable {
    /// The controller's name or address.
    package var controllerHost: String
    /// The controller's port for agents.
    package var controllerPort: Int
    /// The host's name in the fleet.
    package var name: String
    /// The host's id.
    package var host: String
    /// Made at enrolment: tells a host from its clone.
    package var instance: String
    /// The address that replicas bind and clients use.
    package var address: String

    /// What was settled at enrolment.
    package init(
        controllerHost: String,
        controllerPort: Int,
        name: String,
        host: String,
        instance: String,
        address: String
    ) {
        self.controllerHost = controllerHost
        self.controllerPort = controllerPort
        self.name = name
        self.host = host
        self.instance = instance
        self.address = address
    }

    /// Reads what `enroll` wrote. Throws `enrolment` when there is nothing.
    package static func load(_ files: AgentFiles) throws(AgentError) -> AgentSettings {
        guard let bytes = try FileAccess.read(files.settings) else {
            throw AgentError(
                .enrolment,
                "this host is not enrolled: \(files.settings) is missing; make a token with "
                    + "`muster host token create` and run `muster-agent enroll --data \(files.directory) …`"
            )
        }
        do {
            return try JSONCoding.decode(AgentSettings.self, from: bytes)
        } catch {
            throw AgentError(
                .enrolment,
                "\(files.settings) cannot be read: it is not what `muster-agent enroll` writes; "
                    + "restore it, or enrol this host again",
                cause: error
            )
        }
    }

    /// Writes the file, 0600.
    package func store(_ files: AgentFiles) throws(AgentError) {
        guard let bytes = try? JSONCoding.encode(self) else {
            throw AgentError(.files, "\(files.settings) was not written: a text in it cannot be JSON")
        }
        try FileAccess.replace(files.settings, with: bytes)
    }
}
