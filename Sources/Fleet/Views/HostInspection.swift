/// What a host says of itself when somebody asks: from its own journal, disk and processes, at that moment.
package struct HostInspection: Hashable, Sendable, Codable {
    /// The host's name.
    package var host: String
    /// The host's own time.
    package var at: Instant
    /// When this agent was started.
    package var agentStartedAt: Instant
    /// What the host is.
    package var facts: HostFacts
    /// The newest assignment in its journal.
    package var assignment: AssignmentVersion
    /// Where the agent keeps everything.
    package var directory: String
    /// The load average over a minute, in hundredths.
    package var load: Int?
    /// Bytes of memory that are in use and could not be freed at once.
    package var memoryUsed: Int64?
    /// Bytes in use of the file system with the agent's data.
    package var diskUsed: Int64?
    /// The size of that file system.
    package var disk: Int64?
    /// What the agent's own files take, by what they are, in bytes.
    package var files: [String: Int64]
    /// What `muster-agent check` finds there.
    package var findings: [Finding]
    /// One a deployment.
    package var replicas: [Replica]

    /// What a host says of itself.
    package init(
        host: String,
        at: Instant,
        agentStartedAt: Instant,
        facts: HostFacts,
        assignment: AssignmentVersion,
        directory: String,
        files: [String: Int64] = [:],
        findings: [Finding] = [],
        replicas: [Replica] = []
    ) {
        self.host = host
        self.at = at
        self.agentStartedAt = agentStartedAt
        self.facts = facts
        self.assignment = assignment
        self.directory = directory
        self.files = files
        self.findings = findings
        self.replicas = replicas
    }

    /// One fact that matters to the agent.
    package struct Finding: Hashable, Sendable, Codable {
        /// What it is about.
        package var name: String
        /// `ok`, `notice` or `problem`.
        package var state: String
        /// The fact.
        package var text: String
        /// What to do about it.
        package var next: String?

        /// One fact.
        package init(name: String, state: String, text: String, next: String? = nil) {
            self.name = name
            self.state = state
            self.text = text
            self.next = next
        }
    }

    /// One deployment there.
    package struct Replica: Hashable, Sendable, Codable {
        /// As the host reports it.
        package var report: ReplicaReport
        /// The model that serves.
        package var model: String?
        /// Its version.
        package var version: String?
        /// The port that clients reach it at.
        package var endpoint: Int?
        /// The version that the host would go back to.
        package var wayBack: String?
        /// Where its model server writes.
        package var log: String
        /// What stands there, rotated files included, in bytes.
        package var logBytes: Int64

        /// One deployment there.
        package init(
            report: ReplicaReport,
            model: String? = nil,
            version: String? = nil,
            endpoint: Int? = nil,
            wayBack: String? = nil,
            log: String,
            logBytes: Int64
        ) {
            self.report = report
            self.model = model
            self.version = version
            self.endpoint = endpoint
            self.wayBack = wayBack
            self.log = log
            self.logBytes = logBytes
        }
    }
}
