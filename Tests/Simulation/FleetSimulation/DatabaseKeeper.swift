import Fleet
import FleetController
import FleetPlanning
import FleetStore

/// The real store in memory, with the controller's own steps over it: its SQL, its transactions, its fences. The world's
/// ``StoreImage`` is what is read back from it.
final class DatabaseKeeper: StoreKeeper {
    unowned let world: SimulationWorld
    private let database: FleetDatabase
    private let directory = HostDirectory()
    private var term: UInt64 = 0
    private var step: PlanStep?
    var isDoomed = false

    /// A store in which the world's hosts are enrolled.
    ///
    /// - Throws: `FleetStoreError`.
    init(world: SimulationWorld) throws {
        self.world = world
        database = try FleetDatabase(inMemory: try Self.empty.get())
        term = try database.beginNow(id: "controller", now: world.now).term
        try write { writer in
            for (index, host) in world.store.hosts.enumerated() {
                let enrolled = FleetHost(
                    id: world.hosts[index].id,
                    name: world.hosts[index].id,
                    labels: host.labels,
                    machine: world.hosts[index].id,
                    instance: world.hosts[index].id,
                    enrolledAt: world.now
                )
                _ = try writer.putHost(enrolled)
            }
        }
    }

    /// A store with its tables, and nothing in them.
    private static let empty = Result { try FleetDatabase(inMemory: nil).imageNow() }

    // MARK: Life

    func begin() throws {
        let older = term
        let record = try database.beginNow(id: "controller", now: world.now)
        term = record.term
        world.store.term = max(world.store.term + 1, record.term)
        world.store.epoch = record.epoch
        step = PlanStep(directory: directory, environment: world.controller.environment)
        try checkFence(against: older)
        try database.readNow { try reload(from: $0) }
    }

    /// What an older controller has still on its way must not be stored any more.
    private func checkFence(against older: UInt64) throws {
        do {
            try database.writeNow(Change(actor: "controller", now: world.now, term: older)) { writer in
                try writer.saveLastSeen([world.hosts[0].id: world.now])
            }
            if older < term { world.fail("fence", "a write of term \(older) is stored in term \(term)") }
        } catch let error as FleetStoreError where error.code == .fenced {}
    }

    private func write<Value>(by actor: String = "controller", _ body: (FleetWriter) throws -> Value) throws -> Value {
        do {
            return try database.writeNow(Change(actor: actor, now: world.controller.now, term: term)) { writer in
                let value = try body(writer)
                if isDoomed { throw StoreCrash() }
                return value
            }
        } catch {
            throw isDoomed ? StoreCrash() : error
        }
    }

    // MARK: Hosts

    func save(_ reports: [Int: HostReport], _ outcomes: [Int: [HostOutcome]]) throws {
        try write { writer in
            var named: [String: HostReport] = [:]
            for (host, report) in reports { named[world.hosts[host].id] = report }
            try writer.saveReports(named)
            for (host, report) in reports {
                let seen = report.replicas.map(\.item).reduce(report.assignment.generation, max)
                if seen > world.store.hosts[host].generation {
                    try writer.raiseGeneration(of: world.hosts[host].id, to: seen)
                }
                if world.store.isFrozen { try writer.mergeServing(report, of: world.hosts[host].id) }
            }
            for (host, facts) in outcomes {
                let id = world.hosts[host].id
                let fresh = try writer.saveOutcomes(facts, of: id, instance: id)
                let known = world.store.hosts[host].outbox
                let numbers = Set(facts.map(\.sequence)).filter { $0 > known }
                if fresh.map(\.sequence).sorted() != numbers.sorted() {
                    world.fail("facts stored once", "\(id): of \(numbers.sorted()) are \(fresh.map(\.sequence)) stored")
                }
            }
        }
        try database.readNow { reader in
            for (host, report) in reports {
                world.store.hosts[host].report = report
                world.store.hosts[host].generation = try reader.assignment(of: world.hosts[host].id).version.generation
            }
            var concluded: [Int: Set<String>] = [:]
            for (host, facts) in outcomes {
                world.store.hosts[host].outbox = facts.map(\.sequence).reduce(world.store.hosts[host].outbox, max)
                for case .rolledBack(let id, _) in facts.map(\.kind) {
                    for fact in facts { concluded[world.number(of: fact.deployment), default: []].insert(id) }
                }
            }
            for (number, rollbacks) in concluded { try reload(rollbacks, of: number, from: reader) }
        }
    }

    func label(_ host: Int, site: Int) throws {
        _ = try write(by: "ada") { try $0.setLabels(["site": "s-\(site)"], ofHost: world.hosts[host].id) }
        world.store.hosts[host].site = site
    }

    func revoke(_ host: Int) throws {
        _ = try write(by: "ada") { try $0.revokeHost(world.hosts[host].id) }
        world.store.hosts[host].isRevoked = true
    }

    func cordon(_ host: Int, _ cordon: Cordon?) throws {
        _ = try write(by: "ada") { try $0.setCordon(cordon, ofHost: world.hosts[host].id) }
        world.store.hosts[host].cordon = cordon
    }

    // MARK: Planning

    func picture(of number: Int) throws -> DeploymentPicture? {
        prepare(number)
        var picture = try database.readNow { reader -> DeploymentPicture? in
            guard let record = try reader.deployment(uid: world.uids[number]), record.state != .deleted else {
                return nil
            }
            return try step?.picture(of: record, in: reader)
        }
        if let guards = world.store.rows[number]?.guards { picture?.guards = guards }
        return picture
    }

    /// The controller's memory of its hosts, as it is now.
    private func prepare(_ number: Int? = nil) {
        for host in world.hosts.indices { directory.add(world.controller.entry(of: host)) }
        world.controller.tellTime(freshRollout: number)
    }

    func resumeClock(of number: Int) throws {
        prepare(number)
        try write { writer in
            guard let record = try writer.reader.deployment(uid: world.uids[number]), record.state != .deleted else {
                return
            }
            _ = try step?.resumedClock(of: record, in: writer)
        }
        try database.readNow { try reload(number, from: $0) }
    }

    func store(_ plan: DeploymentPlan, of number: Int) throws -> StoredPlan? {
        do {
            let outcome = try write { try step?.store(plan, of: world.uids[number], in: $0) }
            return try database.readNow { reader in
                try reload(number, from: reader, after: plan)
                return try take(outcome, of: number)
            }
        } catch let error as FleetStoreError where error.code == .conflict {
            return nil
        }
    }

    private func take(_ outcome: PlanStep.Outcome?, of number: Int) throws -> StoredPlan {
        guard let outcome else { return StoredPlan() }
        var stored = StoredPlan(items: outcome.items)
        var dropped: [(Int, AssignmentItem?)] = []
        for (id, assignment) in outcome.assignments.sorted(by: { world.index(of: $0.key) < world.index(of: $1.key) }) {
            let host = world.index(of: id)
            world.store.hosts[host].before[number] = world.store.hosts[host].items[number]
            try reload(assignment, of: host)
            if let item = world.store.hosts[host].items[number] {
                stored.changed.append((host, item))
            } else {
                dropped.append((host, nil))
            }
        }
        stored.changed += dropped
        return stored
    }

    // MARK: People

    func create(_ row: StoreImage.Row) throws {
        _ = try write(by: "ada") { writer in
            guard let content = world.contents[row.written.digest], let written = world.written[row.written.written]
            else {
                return
            }
            let deployment = Deployment(
                name: row.name,
                content: written,
                scope: Deployment.Scope(hosts: row.selector, endpoint: row.endpoint),
                policy: row.policy
            )
            _ = try writer.applyDeployment(deployment, uid: row.uid, content: content)
        }
        world.store.rows[row.number] = row
        try database.readNow { try reload(row.number, from: $0) }
    }

    func transact(
        _ number: Int,
        _ change: SpecChange,
        _ request: PlanStep.Request
    ) throws -> (plan: DeploymentPlan, stored: StoredPlan) {
        prepare(number)
        let outcome = try write(by: request.actor) { writer -> PlanStep.Outcome? in
            guard let record = try writer.reader.deployment(uid: world.uids[number]) else { return nil }
            try make(change, of: record, number, in: writer)
            guard let record = try writer.reader.deployment(uid: record.uid) else { return nil }
            return try step?.run(record, in: writer, request: request)
        }
        guard let plan = outcome?.plan else { throw StoreCrash() }
        if case .edit(_, let closed, _) = change { world.store.rows[number]?.frozen = closed }
        let stored = try database.readNow { reader in
            try reload(number, from: reader)
            return try take(outcome, of: number)
        }
        return (plan, stored)
    }

    private func make(
        _ change: SpecChange,
        of record: DeploymentRecord,
        _ number: Int,
        in writer: FleetWriter
    ) throws {
        var deployment = record.deployment
        guard let present = world.store.rows[number]?.written, var content = world.contents[present.digest] else {
            return
        }
        switch change {
        case .none: return
        case .apply(let revision, let policy):
            guard let closed = world.contents[revision.digest], let written = world.written[revision.written] else {
                return
            }
            content = closed
            deployment.content = written
            deployment.policy = policy ?? deployment.policy
        case .edit(let policy, _, let endpoint):
            deployment.policy = policy
            deployment.scope.endpoint = endpoint
        case .reselect(let selector): deployment.scope.hosts = selector
        case .hold(let hold):
            // As FleetOperations does.
            let holds = try writer.reader.holds(of: record.uid)
            try writer.putHold(hold)
            let succeeded = PlanStep.distinct(try writer.reader.succeededRevisions(of: record.uid))
            if let settled = succeeded.last(where: { !hold.condemns($0) && holds.condemning($0) == nil }) {
                try writer.succeedRevision(settled.number, of: record.uid)
            }
            return
        case .lift(let hold): return _ = try writer.liftHold(hold)
        case .rollBack(let order, let holds, let entries):
            return try rollBack(order, holds, entries, of: record, in: writer)
        case .hurry(let rollback):
            return _ = try writer.recordJoin(rollback, deployment: deployment.name, strategy: .fast)
        case .undo(let rollback, _): return _ = try writer.undoRollback(rollback)
        case .remove: return _ = try writer.removeDeployment(named: deployment.name)
        }
        _ = try writer.applyDeployment(deployment, uid: record.uid, content: content)
    }

    private func rollBack(
        _ order: RollbackOrder,
        _ holds: [Hold],
        _ entries: [RollbackEntry],
        of record: DeploymentRecord,
        in writer: FleetWriter
    ) throws {
        let rollback = Rollback(
            id: order.rollback,
            actor: "ada",
            reason: "wrong answers",
            at: order.at,
            scope: .deployments([record.deployment.name]),
            strategy: order.strategy,
            onFailure: order.onFailure,
            isDrill: order.drill
        )
        try writer.putRollback(rollback, orders: [order])
        for hold in holds { try writer.putHold(hold) }
        try writer.saveRollbackEntries(entries)
        guard !holds.isEmpty else { return }
        let standing = try writer.reader.holds(of: record.uid).filter { $0.hosts == nil }
        let succeeded = PlanStep.distinct(try writer.reader.succeededRevisions(of: record.uid))
        if let settled = succeeded.last(where: { standing.condemning($0) == nil }) {
            try writer.succeedRevision(settled.number, of: record.uid)
        }
    }

    // MARK: Backups

    func thaw() throws {
        prepare()
        try write(by: "ada") { writer in
            _ = try writer.thaw()
            for deployment in try writer.reader.deployments() { try step?.askAnew(deployment, in: writer) }
        }
        world.store.isFrozen = false
        try database.readNow { try reload(from: $0) }
    }

    func backUp() throws -> StoreBackup { StoreBackup(image: world.store, file: try database.imageNow()) }

    func restore(_ backup: StoreBackup) throws {
        guard let file = backup.file else { return }
        let lost = world.store.epoch
        world.store = world.store.replaced(by: backup.image)
        try database.restoreNow(file)
        term = try database.readNow { try $0.controller().term }
        let record = try write { try $0.freeze(above: lost, reason: "restored") }
        world.store.epoch = record.epoch
        world.store.isFrozen = record.frozen != nil
    }
}
