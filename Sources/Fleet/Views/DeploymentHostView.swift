/// Where one host stands with one deployment.
package struct DeploymentHostView: Sendable, Codable {
    /// The host's name.
    package var host: String
    /// Whether its lease is alive.
    package var connected: Bool
    /// Where it stands; `pending` when it has not reported.
    package var state: TargetState
    /// When that state began.
    package var since: Instant?
    /// Why; for people.
    package var reason: String?
    /// What it is after.
    package var goal: RevisionView?
    /// What answers now.
    package var serving: RevisionView?
    /// What served before the present transition.
    package var previous: RevisionView?
    /// The way back: what a rollback would go to now.
    package var way: RevisionView?
    /// Whether it could be taken now.
    package var rollback: RollbackReadiness?
    /// The running copy.
    package var instance: ReplicaReport.Instance?
    /// Of the newest rollback.
    package var receipt: Receipt?
    /// Set while a local command keeps what serves from moving.
    package var pin: LocalPin?
    /// Established connections that still end at a condemned revision.
    package var condemnedConnections: Int?
    /// Whether the host is selected; one that is not is listed until its replica has stopped.
    package var assigned: Bool

    /// Where one host stands with one deployment.
    package init(
        host: String,
        connected: Bool,
        state: TargetState,
        since: Instant? = nil,
        reason: String? = nil,
        goal: RevisionView? = nil,
        serving: RevisionView? = nil,
        previous: RevisionView? = nil,
        way: RevisionView? = nil,
        instance: ReplicaReport.Instance? = nil,
        receipt: Receipt? = nil,
        pin: LocalPin? = nil,
        condemnedConnections: Int? = nil,
        assigned: Bool = true
    ) {
        self.host = host
        self.connected = connected
        self.state = state
        self.since = since
        self.reason = reason
        self.goal = goal
        self.serving = serving
        self.previous = previous
        self.way = way
        self.instance = instance
        self.receipt = receipt
        self.pin = pin
        self.condemnedConnections = condemnedConnections
        self.assigned = assigned
    }
}
