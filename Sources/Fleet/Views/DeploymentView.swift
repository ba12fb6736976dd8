/// A deployment, what is wanted, and where each host stands.
package struct DeploymentView: Sendable, Codable {
    /// In lists of deployments the hosts of one with up to so many are listed, and so many reasons.
    package static let wholeList = 20

    /// As written.
    package var deployment: Deployment
    /// Not inherited by a re-created name.
    package var uid: String
    /// The revision of the last change.
    package var resourceVersion: UInt64
    /// When it was first applied.
    package var createdAt: Instant
    /// The revision of the written content.
    package var written: RevisionView
    /// The active rollout's revision, else the newest succeeded one that is not condemned.
    package var wanted: RevisionView?
    /// Whether it is being deleted.
    package var removing: Bool
    /// The newest rollout.
    package var rollout: Rollout?
    /// What is condemned.
    package var holds: [HoldView]
    /// How many hosts are where they should be; all of them count.
    package var counts: DeploymentHostCounts
    /// By name; in lists of deployments empty for one with more than ``wholeList`` hosts.
    package var hosts: [DeploymentHostView]
    /// Whatever is not where it should be.
    package var explanations: [Explanation]

    /// A deployment, what is wanted, and where each host stands.
    package init(
        deployment: Deployment,
        uid: String,
        resourceVersion: UInt64,
        createdAt: Instant,
        written: RevisionView,
        wanted: RevisionView? = nil,
        removing: Bool = false,
        rollout: Rollout? = nil,
        holds: [HoldView] = [],
        hosts: [DeploymentHostView] = [],
        explanations: [Explanation] = []
    ) {
        self.deployment = deployment
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.createdAt = createdAt
        self.written = written
        self.wanted = wanted
        self.removing = removing
        self.rollout = rollout
        self.holds = holds
        self.hosts = hosts
        self.explanations = explanations
        counts = DeploymentHostCounts(of: hosts, wanted: wanted, holds: holds)
    }

    /// As in a list of deployments: without the hosts of one that has many, and with the first reasons.
    package var shortened: DeploymentView {
        guard hosts.count > Self.wholeList else { return self }
        var short = self
        short.hosts = []
        short.explanations = Array(explanations.prefix(Self.wholeList))
        return short
    }
}
