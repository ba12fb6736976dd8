package import Fleet

/// Everything that planning one deployment needs to know: desired and observed.
package struct DeploymentPicture: Hashable, Sendable {
    /// One host that the deployment selects, or that still has an item of it.
    package struct Host: Hashable, Sendable {
        /// The host's id.
        package var id: String
        /// The host's name.
        package var name: String
        /// Whether the selector takes it, it is not revoked, and nothing makes it ineligible.
        package var isSelected: Bool
        /// Why the host cannot take the deployment although the selector takes it.
        package var ineligible: String?
        /// Why nothing new moves there, if an operator said so.
        package var cordon: Cordon?
        /// The ports that endpoints may take over from other programs there.
        package var adoptedPorts: [PortAdoption]
        /// Since when it cannot be reached; `nil` while its lease is alive.
        package var unreachableSince: Instant?
        /// Its value of the policy's `spread` label; empty without one.
        package var site: String
        /// Its row in the newest rollout, if it is in that list.
        package var target: RolloutTarget?
        /// What is assigned to it now.
        package var item: AssignmentItem?
        /// What it last said about the deployment.
        package var report: ReplicaReport?
        /// Its entry in the newest rollback of the deployment that has one for it.
        package var entry: RollbackEntry?

        /// One host.
        package init(
            id: String,
            name: String,
            isSelected: Bool,
            ineligible: String? = nil,
            cordon: Cordon? = nil,
            adoptedPorts: [PortAdoption] = [],
            unreachableSince: Instant? = nil,
            site: String = "",
            target: RolloutTarget? = nil,
            item: AssignmentItem? = nil,
            report: ReplicaReport? = nil,
            entry: RollbackEntry? = nil
        ) {
            self.id = id
            self.name = name
            self.isSelected = isSelected
            self.ineligible = ineligible
            self.cordon = cordon
            self.adoptedPorts = adoptedPorts
            self.unreachableSince = unreachableSince
            self.site = site
            self.target = target
            self.item = item
            self.report = report
            self.entry = entry
        }

        /// The report, if it is about the item that is assigned now.
        package var currentReport: ReplicaReport? {
            guard let item, let report, report.item == item.number else { return nil }
            return report
        }
    }

    /// The deployment's uid.
    package var uid: String
    /// Its name.
    package var name: String
    /// Whether it is being deleted.
    package var isRemoving: Bool
    /// The revision of the written content.
    package var written: Revision
    /// Every revision that may be wanted, with bytes: the written one, the rollout's and the succeeded ones.
    package var revisions: [Revision]
    /// The revisions whose rollout succeeded, oldest first.
    package var succeeded: [RevisionReference]
    /// What is condemned, everywhere or on some hosts only.
    package var holds: [Hold]
    /// The rollbacks that stand, newest last. One that made a hold and is not among them counts as one by the book: fast, each
    /// host to its own.
    package var rollbacks: [RollbackOrder]
    /// The newest rollout.
    package var rollout: Rollout?
    /// Who asked for a rollout of the written content after the newest one ended, if somebody did.
    package var freshRequest: String?
    /// Whether that is because a rollback was taken back: the hosts that it moved get a rollout, also where it was for some of
    /// them only, and what is written is wanted already.
    package var isUndone: Bool
    /// The number of the plan that it stands at.
    package var plan: UInt64
    /// Whether the controller was restored from a backup and nothing may move until a person thaws it (DESIGN §9).
    package var isFrozen: Bool
    /// What the guards say of the rollout.
    package var guards: GuardVerdict
    /// The stable port.
    package var endpoint: Endpoint?
    /// How it changes.
    package var policy: Deployment.Policy
    /// Which hosts, as written; for people.
    package var selector: String
    /// The hosts, by name.
    package var hosts: [Host]

    /// Everything that planning one deployment needs.
    package init(
        uid: String,
        name: String,
        isRemoving: Bool = false,
        written: Revision,
        revisions: [Revision] = [],
        succeeded: [RevisionReference] = [],
        holds: [Hold] = [],
        rollbacks: [RollbackOrder] = [],
        rollout: Rollout? = nil,
        freshRequest: String? = nil,
        isUndone: Bool = false,
        plan: UInt64 = 0,
        isFrozen: Bool = false,
        guards: GuardVerdict = .pass,
        endpoint: Endpoint? = nil,
        policy: Deployment.Policy = .init(),
        selector: String = "",
        hosts: [Host] = []
    ) {
        self.uid = uid
        self.name = name
        self.isRemoving = isRemoving
        self.written = written
        self.revisions = revisions
        self.succeeded = succeeded
        self.holds = holds
        self.rollbacks = rollbacks
        self.rollout = rollout
        self.freshRequest = freshRequest
        self.isUndone = isUndone
        self.plan = plan
        self.isFrozen = isFrozen
        self.guards = guards
        self.endpoint = endpoint
        self.policy = policy
        self.selector = selector
        self.hosts = hosts
    }

    /// The leave to take the endpoint's port over from another program on a host.
    package func adoption(on host: Host) -> PortAdoption? {
        endpoint.flatMap { endpoint in host.adoptedPorts.first { $0.port == endpoint.port } }
    }

    /// The newest succeeded revision that no hold condemns everywhere: what is wanted while no rollout is active.
    package var settled: RevisionReference? {
        succeeded.last { condemned($0) == nil }
    }

    /// What is wanted on one host while no rollout is active: holds may be for some hosts only.
    package func settled(on host: String) -> RevisionReference? {
        succeeded.last { condemned($0, on: host) == nil }
    }

    /// The hold that condemns a revision everywhere.
    package func condemned(_ revision: RevisionReference) -> Hold? {
        holds.first { $0.hosts == nil && $0.condemns(revision) }
    }

    /// The hold that condemns a revision on one host.
    package func condemned(_ revision: RevisionReference, on host: String) -> Hold? {
        holds.first { $0.condemns(revision) && $0.applies(to: host) }
    }

    /// The holds as one host is told of them: those that hold there.
    package func holds(on host: String) -> [Hold] {
        guard holds.contains(where: { $0.hosts != nil }) else { return holds }
        return holds.filter { $0.applies(to: host) }.map { hold in
            var hold = hold
            hold.hosts = nil
            return hold
        }
    }

    /// What the deployment wants (DESIGN §1): the active rollout's revision, else the newest succeeded one that is not
    /// condemned.
    package var wanted: RevisionReference? {
        if let rollout, rollout.state.isForward { return rollout.revision }
        return settled
    }

    /// What a rollback condemns now: the revision that a rollout is taking to the hosts, or back from them, else what is
    /// wanted.
    package var condemnable: RevisionReference? {
        if let rollout, !rollout.state.isTerminal { return rollout.revision }
        return settled
    }

    func revision(_ reference: RevisionReference) -> Revision? {
        ([written] + revisions).first { $0.digest == reference.digest }
    }
}
