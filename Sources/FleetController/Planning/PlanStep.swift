package import Fleet
package import FleetPlanning
package import FleetStore
import Synchronization

/// One step of one deployment inside one transaction: the picture, and what a plan stores.
package struct PlanStep {
    let directory: HostDirectory
    let environment: ControllerEnvironment

    /// Steps over the hosts of a directory.
    package init(directory: HostDirectory, environment: ControllerEnvironment) {
        self.directory = directory
        self.environment = environment
    }

    /// What a step stored, to be carried out after the commit.
    package struct Outcome: Sendable {
        /// The uids of the deployments that were planned.
        var deployments: Set<String> = []
        /// New assignments by host id.
        package var assignments: [String: Assignment] = [:]
        /// The items of the plan, with their numbers, by host id.
        package var items: [String: AssignmentItem] = [:]
        /// The hosts whose item was taken away.
        var dropped: Set<String> = []
        /// The picture that was planned from.
        package var before: DeploymentPicture?
        /// The picture after the plan.
        package var after: DeploymentPicture?
        /// What a person's transaction planned.
        package var plan: DeploymentPlan?

        /// Takes over what another deployment's step stored.
        mutating func merge(_ other: Outcome) {
            deployments.formUnion(other.deployments)
            assignments.merge(other.assignments) { $0.version > $1.version ? $0 : $1 }
        }
    }

    /// What a person asks of a deployment besides what is written.
    package struct Request: Sendable {
        /// Who asks.
        package var actor: String
        /// The written content was applied again: a rollout that has ended without success is to be started anew.
        package var isFresh = false
        /// A rollback was taken back: the hosts that it moved get a rollout of what is written.
        package var isUndone = false
        /// What is said to the rollout.
        package var command: RolloutCommand?
        /// Why.
        package var reason: String?

        /// What a person asks.
        package init(
            actor: String,
            isFresh: Bool = false,
            isUndone: Bool = false,
            command: RolloutCommand? = nil,
            reason: String? = nil
        ) {
            self.actor = actor
            self.isFresh = isFresh
            self.isUndone = isUndone
            self.command = command
            self.reason = reason
        }
    }

    // MARK: The picture

    /// Everything that planning a deployment needs, from the transaction and from memory.
    package func picture(of record: DeploymentRecord, in reader: FleetReader) throws -> DeploymentPicture? {
        let revisions = try reader.revisions(of: record.uid)
        guard let written = revisions.last(where: { $0.number == record.revision }) else { return nil }
        let rollout = try reader.newestRollout(of: record.uid)
        var targets: [String: RolloutTarget] = [:]
        if let rollout { for target in try reader.targets(of: rollout.id) { targets[target.host] = target } }
        return DeploymentPicture(
            uid: record.uid,
            name: record.deployment.name,
            isRemoving: record.state == .removing,
            written: written,
            revisions: revisions,
            succeeded: Self.distinct(try reader.succeededRevisions(of: record.uid)),
            holds: try reader.holds(of: record.uid),
            rollbacks: try reader.rollbackOrders(of: record.uid),
            rollout: rollout,
            plan: record.plan,
            isFrozen: try reader.controller().frozen != nil,
            endpoint: record.deployment.scope.endpoint,
            policy: record.deployment.policy,
            selector: record.deployment.scope.hosts.text,
            hosts: try hosts(of: record, targets: targets, isListed: rollout?.state.isTerminal == false, in: reader)
        )
    }

    /// One host as a deployment sees it; `nil` when the deployment has nothing to do with it.
    ///
    /// - Parameter isKnown: whether the deployment has it in its picture already.
    package func host(
        _ entry: HostEntry,
        selector: LabelSelector,
        spread: String,
        item: AssignmentItem? = nil,
        target: RolloutTarget? = nil,
        entry rollback: RollbackEntry? = nil,
        isKnown: Bool = false,
        uid: String
    ) -> DeploymentPicture.Host? {
        let state = entry.state.withLock { $0 }
        let isWanted = selector.matches(state.host.labels) && !state.host.isRevoked
        let isOpen = rollback?.receipt.isTerminal == false
        guard isWanted || item != nil || target != nil || isOpen || isKnown else { return nil }
        // Memory is enough for a bound: assignments reach it right after their commit.
        let isFull = isWanted && item == nil && state.isFull && !state.has(uid)
        return DeploymentPicture.Host(
            id: entry.id,
            name: state.host.name,
            isSelected: isWanted && !isFull,
            ineligible: isFull
                ? "it has \(FleetLimits.replicasPerHost) deployments, the most that a host may have"
                : state.quarantine.map { "it \($0.words)" },
            cordon: state.host.cordon,
            adoptedPorts: state.host.adoptedPorts ?? [],
            unreachableSince: state.unreachableSince ?? state.unheardSince ?? state.quarantine?.since,
            site: state.host.labels[spread] ?? "",
            target: target,
            item: item,
            report: state.report?.replicas.first { $0.deployment == uid },
            entry: rollback
        )
    }

    private func hosts(
        of record: DeploymentRecord,
        targets: [String: RolloutTarget],
        isListed: Bool,
        in reader: FleetReader
    ) throws -> [DeploymentPicture.Host] {
        let items = try reader.items(of: record.uid)
        let entries = try reader.rollbackEntries(of: record.uid)
        return directory.all.compactMap { entry in
            let host = host(
                entry,
                selector: record.deployment.scope.hosts,
                spread: record.deployment.policy.rollout.spread,
                item: items[entry.id],
                target: targets[entry.id],
                entry: entries[entry.id],
                uid: record.uid
            )
            guard let host else { return nil }
            let isOpen = host.entry?.receipt.isTerminal == false
            // A host that left long ago is no part of the picture for having been in an old list.
            let isPart = isListed || isOpen || host.isSelected || host.ineligible != nil || host.item != nil
            return isPart ? host : nil
        }.sorted { $0.name < $1.name }
    }

    /// The same content can have succeeded under two numbers; the newest counts.
    package static func distinct(_ references: [RevisionReference]) -> [RevisionReference] {
        references.enumerated().filter { index, reference in
            !references[(index + 1)...].contains { $0.digest == reference.digest }
        }.map(\.element)
    }

    // MARK: An operator's transaction

    /// Plans and stores in a person's transaction. Nothing new is admitted to hosts: the planning loop does that right after
    /// it, when it has read the deployment again. The plan's number always rises, so that whatever was planned from the state
    /// before cannot be stored any more.
    ///
    /// - Throws: `RolloutRefusal` for a command that cannot be followed; `FleetStoreError`.
    package func run(_ record: DeploymentRecord, in writer: FleetWriter, request: Request? = nil) throws -> Outcome {
        let record = try resumedClock(of: record, in: writer)
        guard let picture = try picture(of: record, in: writer.reader) else { return Outcome() }
        let (machine, plan) = try planned(picture, request: request)
        var outcome = try store(plan, of: record.uid, in: writer)
        outcome.before = picture
        outcome.after = machine.picture
        outcome.plan = plan
        return outcome
    }

    private func planned(
        _ picture: DeploymentPicture,
        request: Request?
    ) throws -> (machine: DeploymentMachine, plan: DeploymentPlan) {
        var picture = picture
        if let request, request.isFresh { picture.freshRequest = request.actor }
        picture.isUndone = request?.isUndone == true
        let now = environment.steady()
        var machine = DeploymentMachine(picture)
        if let request, let command = request.command {
            try machine.perform(command, by: request.actor, reason: request.reason, at: now)
        }
        var sites: SiteLedger?
        let plan = machine.plan(
            at: now,
            calendar: WindowCalendar(picture.policy).openTimes(from: now, toTimeOfDay: environment.toTimeOfDay),
            sites: &sites,
            freshRollout: environment.freshID()
        )
        return (machine, plan)
    }

    /// What a step would do, without storing it.
    func preview(_ record: DeploymentRecord, in reader: FleetReader, request: Request) throws -> Outcome {
        guard let picture = try picture(of: record, in: reader) else { return Outcome() }
        var outcome = Outcome()
        outcome.before = picture
        outcome.after = try planned(picture, request: request).machine.picture
        return outcome
    }

    // MARK: Downtime

    /// Whether a rollout's clock still runs from before this controller's start; since a time that is not there yet, where the
    /// clock was set back before it.
    package func isClockOld(_ rollout: Rollout?) -> Bool {
        rollout?.clock.runningSince.map { $0 < environment.startedAt || $0 > environment.steady() } ?? false
    }

    /// Stores a clock that leaves out the time in which no controller ran, where there is one; before any plan is made.
    package func resumedClock(of record: DeploymentRecord, in writer: FleetWriter) throws -> DeploymentRecord {
        guard isClockOld(try writer.reader.newestRollout(of: record.uid)),
            var picture = try picture(of: record, in: writer.reader),
            picture.leaveOutDowntime(before: environment.startedAt, at: environment.steady()),
            let resumed = picture.rollout
        else { return record }
        var record = record
        record.plan += 1
        try writer.raisePlan(of: record.uid, to: record.plan)
        try writer.saveRollout(resumed, isNew: false)
        return record
    }

    // MARK: Storing

    /// Stores a plan on top of the one that it was made from; one that changes nothing takes a number too.
    ///
    /// - Throws: `FleetStoreError` `conflict` when another plan was stored meanwhile, `fenced` when another controller rules.
    package func store(_ plan: DeploymentPlan, of uid: String, in writer: FleetWriter) throws -> Outcome {
        try writer.raisePlan(of: uid, to: plan.isEmpty ? plan.number + 1 : plan.number)
        if let overtaken = plan.overtaken { try writer.saveRollout(overtaken, isNew: false) }
        if let rollout = plan.rollout { try writer.saveRollout(rollout, isNew: plan.isNewRollout) }
        if !plan.targets.isEmpty {
            guard let rollout = try plan.rollout?.id ?? writer.reader.newestRollout(of: uid)?.id else {
                throw ControllerError(.internal, "a plan of \(uid) has targets and no rollout")
            }
            try writer.saveTargets(plan.targets, of: rollout)
        }
        if let succeeded = plan.succeeded { try writer.succeedRevision(succeeded.number, of: uid) }
        var outcome = Outcome(deployments: [uid], dropped: plan.dropped)
        let assigned = try writer.assign(plan.items, dropping: plan.dropped, deployment: uid)
        for (host, number) in assigned.numbers {
            outcome.items[host] = plan.items[host]
            outcome.items[host]?.number = number
        }
        if !plan.entries.isEmpty { try writer.saveRollbackEntries(numbered(plan, outcome.items)) }
        for host in assigned.changed { outcome.assignments[host] = try writer.reader.assignment(of: host) }
        if plan.isRemoved { try writer.forgetDeployment(uid) }
        return outcome
    }

    // MARK: Thawing

    /// Takes away what the store of before a restore has ordered and nobody is known to follow: planning asks those hosts anew.
    package func askAnew(_ record: DeploymentRecord, in writer: FleetWriter, only hosts: Set<String>? = nil) throws {
        guard let picture = try picture(of: record, in: writer.reader) else { return }
        var dropped = DeploymentThaw(picture: picture, directory: directory).askedAnew
        if let hosts { dropped.formIntersection(hosts) }
        try writer.assign([:], dropping: dropped, deployment: record.uid)
        // Whatever was planned from the state before cannot be stored any more.
        try writer.raisePlan(of: record.uid, to: record.plan + 1)
    }

    /// A plan's entries with the numbers that their items have got.
    private func numbered(_ plan: DeploymentPlan, _ items: [String: AssignmentItem]) -> [RollbackEntry] {
        plan.entries.map { entry in
            guard let item = items[entry.host], case .rollback(entry.rollback, _) = item.order else { return entry }
            var entry = entry
            entry.itemNumber = item.number
            return entry
        }
    }
}
