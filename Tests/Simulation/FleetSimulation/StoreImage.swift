import Fleet
import FleetPlanning

/// What the controller's store holds: a value, so that a commit is a change of it and a backup is a copy.
struct StoreImage {
    /// A deployment, with what planning has stored of it.
    struct Row {
        var number: Int
        var uid: String
        var name: String
        /// Which hosts it takes.
        var selector: LabelSelector
        var endpoint: Endpoint?
        var policy: Deployment.Policy
        /// When its policy does not let it be changed, besides its windows.
        var frozen: [(from: Instant, until: Instant)] = []
        var written: Revision
        var revisions: [Revision]
        var succeeded: [RevisionReference] = []
        var holds: [Hold] = []
        /// Every rollback and rehearsal that was not undone, newest last.
        var orders: [RollbackOrder] = []
        /// By rollback and host, undone ones too.
        var entries: [String: [String: RollbackEntry]] = [:]
        var rollout: Rollout?
        var targets: [String: RolloutTarget] = [:]
        var guards = GuardVerdict.pass
        var plan: UInt64 = 0
        var isRemoving = false
        var isDeleted = false

        /// What a person changes.
        mutating func make(_ change: SpecChange) {
            switch change {
            case .none: break
            case .apply(let revision, let policy):
                written = revision
                revisions.append(revision)
                self.policy = policy ?? self.policy
            case .edit(let policy, let closed, let endpoint):
                self.policy = policy
                frozen = closed
                self.endpoint = endpoint
            case .reselect(let selector): self.selector = selector
            case .hold(let hold):
                let settled = succeeded.last { !hold.condemns($0) && holds.condemning($0) == nil }
                holds.append(hold)
                guard let settled else { return }
                succeeded.removeAll { $0.digest == settled.digest }
                succeeded.append(settled)
            case .lift(let hold): holds.removeAll { $0.id == hold }
            case .rollBack(let order, let made, let rehearsed):
                orders.append(order)
                holds.append(contentsOf: made)
                entries[order.rollback] = [:]
                for entry in rehearsed { entries[order.rollback]?[entry.host] = entry }
                let settled = succeeded.last { reference in
                    !holds.contains { $0.hosts == nil && $0.condemns(reference) }
                }
                guard let settled, !made.isEmpty else { return }
                succeeded.removeAll { $0.digest == settled.digest }
                succeeded.append(settled)
            case .hurry(let rollback):
                for index in orders.indices where orders[index].rollback == rollback {
                    orders[index].strategy = .fast
                }
            case .undo(let rollback, let now): undo(rollback, at: now)
            case .remove: isRemoving = true
            }
        }
    }

    /// A host, with what it was told and has said.
    struct HostRow {
        /// The site that its labels say; another after a label change.
        var site: Int { didSet { labels = Self.labels(of: site) } }
        private(set) var labels: [String: String]
        var isRevoked = false
        var cordon: Cordon?
        var generation: UInt64 = 0
        var items: [Int: AssignmentItem] = [:]
        /// The newest fact that is stored.
        var outbox: UInt64 = 0
        var report: HostReport?
        /// The items before the newest plan that changed one, by deployment.
        var before: [Int: AssignmentItem] = [:]

        init(site: Int) {
            self.site = site
            labels = Self.labels(of: site)
        }

        private static func labels(of site: Int) -> [String: String] { ["site": "s-\(site)"] }
    }

    var epoch: UInt64 = 1
    var term: UInt64 = 0
    /// Whether it was restored, and nobody has thawed it.
    var isFrozen = false
    var rows: [Int: Row] = [:]
    var hosts: [HostRow] = []

    /// The deployments that are there, in the order of their making.
    var alive: [Row] { rows.values.filter { !$0.isDeleted }.sorted { $0.number < $1.number } }

    /// What FleetStore does when the store turns out to be an old backup: nothing moves, and whatever hosts are given next has
    /// numbers that the lost store cannot have given.
    private mutating func freeze() {
        isFrozen = true
        for host in hosts.indices { hosts[host].generation += 1 << 20 }
    }

    /// What stands here when the store is lost and a backup takes its place.
    func replaced(by backup: StoreImage) -> StoreImage {
        var image = backup
        image.epoch = epoch + 1
        image.term = term
        image.freeze()
        return image
    }

    /// Stores a plan.
    mutating func store(_ plan: DeploymentPlan, of number: Int, index: (String) -> Int) -> StoredPlan {
        guard var row = rows.removeValue(forKey: number) else { return StoredPlan() }
        defer { rows[number] = row }
        row.plan = plan.number
        if let rollout = plan.rollout {
            if plan.isNewRollout { row.targets = [:] }
            row.rollout = rollout
        }
        for target in plan.targets { row.targets[target.host] = target }
        if let succeeded = plan.succeeded {
            row.succeeded.removeAll { $0.digest == succeeded.digest }
            row.succeeded.append(succeeded)
        }
        var stored = StoredPlan()
        defer { for entry in plan.entries { row.keep(entry, stored.items[entry.host]) } }
        for (id, item) in plan.items.sorted(by: { index($0.key) < index($1.key) }) {
            let host = index(id)
            if let old = hosts[host].items[number], old.saysTheSame(as: item) {
                stored.items[id] = old
                continue
            }
            hosts[host].generation += 1
            hosts[host].before[number] = hosts[host].items[number]
            var item = item
            item.number = hosts[host].generation
            hosts[host].items[number] = item
            stored.items[id] = item
            stored.changed.append((host, item))
        }
        for host in plan.dropped.map(index).sorted() where hosts[host].items[number] != nil {
            hosts[host].generation += 1
            hosts[host].items[number] = nil
            stored.changed.append((host, nil))
        }
        if plan.isRemoved { row.isDeleted = true }
        return stored
    }

    /// Everything that a host should run.
    func assignment(of host: Int) -> Assignment {
        Assignment(
            version: AssignmentVersion(epoch: epoch, generation: hosts[host].generation),
            items: hosts[host].items.values.sorted { $0.deployment < $1.deployment }
        )
    }
}
