import Fleet
import FleetController
import FleetPlanning
import FleetStore

/// What is committed, read back: the world's ``StoreImage`` says what the database holds.
extension DatabaseKeeper {
    func reload(from reader: FleetReader) throws {
        for number in world.store.rows.keys.sorted() { try reload(number, from: reader) }
        for host in try reader.hosts() {
            let index = world.index(of: host.host.id)
            world.store.hosts[index].report = host.report
            world.store.hosts[index].isRevoked = host.host.isRevoked
            world.store.hosts[index].cordon = host.host.cordon
            let stored = try reader.newestOutcome(of: host.host.id, instance: host.host.instance)
            world.store.hosts[index].outbox = stored
            try reload(try reader.assignment(of: host.host.id), of: index)
        }
    }

    /// All that is stored of a deployment.
    func reload(_ number: Int, from reader: FleetReader) throws {
        guard let record = try reader.deployment(uid: world.uids[number]),
            var row = world.store.rows.removeValue(forKey: number)
        else { return }
        defer { world.store.rows[number] = row }
        row.plan = record.plan
        row.isRemoving = record.state != .active
        row.isDeleted = record.state == .deleted
        row.succeeded = PlanStep.distinct(try reader.succeededRevisions(of: row.uid))
        row.rollout = try reader.newestRollout(of: row.uid)
        row.targets = try targets(of: row.rollout, from: reader)
        row.orders = try reader.rollbackOrders(of: row.uid)
        for rollback in Set(row.orders.map(\.rollback)).union(row.entries.keys) {
            row.entries[rollback] = try entries(of: rollback, row.uid, from: reader)
        }
        row.selector = record.deployment.scope.hosts
        row.endpoint = record.deployment.scope.endpoint
        row.policy = record.deployment.policy
        row.holds = try reader.holds(of: row.uid)
        row.revisions = try reader.revisions(of: row.uid)
        if let written = row.revisions.last(where: { $0.number == record.revision }) { row.written = written }
    }

    /// What a plan may have changed of a deployment; the rest is read with the next change of a person's.
    func reload(_ number: Int, from reader: FleetReader, after plan: DeploymentPlan) throws {
        guard var row = world.store.rows.removeValue(forKey: number) else { return }
        defer { world.store.rows[number] = row }
        // One that changes nothing takes a number too.
        row.plan = plan.isEmpty ? plan.number + 1 : plan.number
        if plan.isRemoved { row.isDeleted = try reader.deployment(uid: row.uid)?.state == .deleted }
        if plan.rollout != nil || plan.overtaken != nil { row.rollout = try reader.newestRollout(of: row.uid) }
        if plan.succeeded != nil { row.succeeded = PlanStep.distinct(try reader.succeededRevisions(of: row.uid)) }
        if plan.isNewRollout || !plan.targets.isEmpty { row.targets = try targets(of: row.rollout, from: reader) }
        for rollback in Set(plan.entries.map(\.rollback)) {
            row.entries[rollback] = try entries(of: rollback, row.uid, from: reader)
        }
    }

    func reload(_ rollbacks: Set<String>, of number: Int, from reader: FleetReader) throws {
        for rollback in rollbacks where world.store.rows[number]?.entries[rollback] != nil {
            world.store.rows[number]?.entries[rollback] = try entries(of: rollback, world.uids[number], from: reader)
        }
    }

    private func targets(of rollout: Rollout?, from reader: FleetReader) throws -> [String: RolloutTarget] {
        var targets: [String: RolloutTarget] = [:]
        guard let rollout else { return targets }
        for target in try reader.targets(of: rollout.id) { targets[target.host] = target }
        return targets
    }

    private func entries(
        of rollback: String,
        _ uid: String,
        from reader: FleetReader
    ) throws -> [String: RollbackEntry] {
        var known: [String: RollbackEntry] = [:]
        let entries = try reader.rollbackEntries(ofRollback: rollback, deployment: uid, limit: 1000)
        for entry in entries.map(\.entry) { known[entry.host] = entry }
        return known
    }

    func reload(_ assignment: Assignment, of host: Int) throws {
        world.store.hosts[host].generation = assignment.version.generation
        world.store.hosts[host].items = [:]
        for item in assignment.items { world.store.hosts[host].items[world.number(of: item.deployment)] = item }
    }
}
