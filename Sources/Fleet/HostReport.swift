/// The newest that a host says about itself: a level, not an edge.
package struct HostReport: Hashable, Sendable, Codable {
    /// Rises with each report of one host; a gap makes the controller ask for everything.
    package var sequence: UInt64
    /// The newest assignment that the host has journalled.
    package var assignment: AssignmentVersion
    /// Facts about the host.
    package var facts: HostFacts
    /// One a deployment that the host knows, whether assigned or not.
    package var replicas: [ReplicaReport]

    /// The newest that a host says.
    package init(sequence: UInt64, assignment: AssignmentVersion, facts: HostFacts, replicas: [ReplicaReport]) {
        self.sequence = sequence
        self.assignment = assignment
        self.facts = facts
        self.replicas = replicas
    }
}

/// What a host is.
package struct HostFacts: Hashable, Sendable, Codable {
    /// The agent's version.
    package var agentVersion: String
    /// The name of the user that replicas run as.
    package var user: String
    /// Whether that user is root: status warns.
    package var isRoot: Bool
    /// The address that replicas bind and clients use.
    package var address: String
    /// `uname -sr`.
    package var kernel: String
    /// Processors.
    package var processors: Int
    /// Bytes of memory.
    package var memory: Int64
    /// The kernel's boot id together with the start time of pid 1.
    package var boot: String
    /// Why the host cannot move an endpoint from one port to another in the kernel; `nil` when it can.
    package var endpointRefusal: String?
    /// What a person should know of it, in the host's own words, with what to do; `nil` when there is nothing.
    package var warnings: [String]?

    /// What a host is.
    package init(
        agentVersion: String,
        user: String,
        isRoot: Bool,
        address: String,
        kernel: String,
        processors: Int,
        memory: Int64,
        boot: String,
        endpointRefusal: String? = nil,
        warnings: [String]? = nil
    ) {
        self.agentVersion = agentVersion
        self.user = user
        self.isRoot = isRoot
        self.address = address
        self.kernel = kernel
        self.processors = processors
        self.memory = memory
        self.boot = boot
        self.endpointRefusal = endpointRefusal
        self.warnings = warnings
    }
}

/// Where one host stands with one deployment.
package struct ReplicaReport: Hashable, Sendable, Codable {
    /// The running copy.
    package struct Instance: Hashable, Sendable, Codable {
        /// Process id on the host.
        package var pid: Int32
        /// Ports by name.
        package var ports: [String: UInt16]
        /// When it was started.
        package var startedAt: Instant
        /// How often it was started again after it had died.
        package var restarts: Int

        /// The running copy.
        package init(pid: Int32, ports: [String: UInt16], startedAt: Instant, restarts: Int) {
            self.pid = pid
            self.ports = ports
            self.startedAt = startedAt
            self.restarts = restarts
        }
    }

    /// The deployment's uid.
    package var deployment: String
    /// The deployment's name.
    package var name: String
    /// The number of the item that this is about.
    package var item: UInt64
    /// The revision that the item is after; `nil` when nothing is wanted.
    package var goal: RevisionReference?
    /// Where it stands with it.
    package var state: TargetState
    /// When that state began.
    package var since: Instant
    /// What it waits for, or why it failed; for people.
    package var reason: String?
    /// What answers now.
    package var serving: RevisionReference?
    /// The stable endpoint that leads to it; `nil` where nothing answers, there is none, or an older agent does not say.
    package var endpoint: Endpoint?
    /// What served, verified, before the present transition.
    package var previous: RevisionReference?
    /// Verified here, and its rollout succeeded; oldest first.
    package var good: [RevisionReference]
    /// Verified here, the rollout's outcome not yet known.
    package var provisional: RevisionReference?
    /// The running copy, if one runs.
    package var instance: Instance?
    /// The ids of the holds that the host has journalled.
    package var holds: [String]
    /// The outcome of the rollback that the item's order names, once there is one.
    package var receipt: Receipt?
    /// Set while a local command keeps what serves from moving.
    package var pin: LocalPin?
    /// Established connections that still end at a condemned revision; `nil` where nothing counts them.
    package var condemnedConnections: Int?
    /// Why the item's transition failed, for rules; `nil` while it has not, or where an older agent does not say.
    package var failure: ReplicaFailure?
    /// While files are staged: how many of the revision's bytes are here, those of a file that is coming included; `nil`
    /// otherwise. It may fall: after a start of the agent, and when what came turned out wrong.
    package var fetchedBytes: Int64?
    /// Whether the host could go back now; `nil` when nothing serves, or an older agent does not say.
    package var rollback: RollbackReadiness?
    /// `true` while the item has ended, and the host starts again what it was verified on: nothing moves. An older agent does
    /// not say.
    package var startsAgain: Bool?

    /// Where one host stands with one deployment.
    package init(
        deployment: String,
        name: String,
        item: UInt64,
        goal: RevisionReference?,
        state: TargetState,
        since: Instant,
        reason: String? = nil,
        serving: RevisionReference? = nil,
        endpoint: Endpoint? = nil,
        previous: RevisionReference? = nil,
        good: [RevisionReference] = [],
        provisional: RevisionReference? = nil,
        instance: Instance? = nil,
        holds: [String] = [],
        receipt: Receipt? = nil,
        pin: LocalPin? = nil,
        condemnedConnections: Int? = nil,
        failure: ReplicaFailure? = nil,
        fetchedBytes: Int64? = nil
    ) {
        self.deployment = deployment
        self.name = name
        self.item = item
        self.goal = goal
        self.state = state
        self.since = since
        self.reason = reason
        self.serving = serving
        self.endpoint = endpoint
        self.previous = previous
        self.good = good
        self.provisional = provisional
        self.instance = instance
        self.holds = holds
        self.receipt = receipt
        self.pin = pin
        self.condemnedConnections = condemnedConnections
        self.failure = failure
        self.fetchedBytes = fetchedBytes
    }
}
