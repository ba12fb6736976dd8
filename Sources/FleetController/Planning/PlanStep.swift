import Fleet
import FleetPlanning
import FleetStore
import Synchronization

/// One step of one deployment inside one transaction: read the picture, plan, store the plan.
struct PlanStep {
    let directory: HostDirectory
    let environment: ControllerEnvironment

    /// What a step stored, to be carried out after the commit.
    struct Outcome: Sendable {
        /// New assignments by host id.
        var assignments: [String: Assignment] = [:]
        /// Whatever is not where it should be.
        var explanations: [Explanation] = []
        /// What each host is to have.
        var items: [String: AssignmentItem] = [:]
        /// The picture that was planned from.
        var picture: DeploymentPicture?
        /// The newest rollout.
        var rollout: Rollout?

        /// Takes over what another deployment's step stored.
        mutating func merge(_ other: Outcome) {
            assignments.merge(other.assignments) { $0.version > $1.version ? $0 : $1 }
        }
    }

    /// Everything that planning a deployment needs, from the transaction and from memory.
    func picture(of record: DeploymentRecord, in reader: FleetReader, asked: Bool = false) throws -> DeploymentPicture?
    {
        let revisions = try reader.revisions(of: record.uid)
        guard let written = revisions.last(where: { $0.number == record.revision }) else { return nil }
        let isRemoving = record.state == .removing
        return DeploymentPicture(
            uid: record.uid,
            name: record.deployment.name,
            isRemoving: isRemoving,
            written: written,
            revisions: revisions,
            succeeded: Self.distinct(try reader.succeededRevisions(of: record.uid)),
            holds: try reader.holds(of: record.uid),
            rollout: try reader.newestRollout(of: record.uid),
            isRolloutAsked: asked,
            endpoint: record.deployment.scope.endpoint,
            policy: record.deployment.policy,
            selector: record.deployment.scope.hosts.text,
            hosts: try hosts(of: record, in: reader)
        )
    }

    /// Plans and stores; nothing is written when nothing changes.
    ///
    /// - Parameter asked: a person applied the written content again.
    func run(_ record: DeploymentRecord, in writer: FleetWriter, asked: Bool = false) throws -> Outcome {
        var outcome = Outcome()
        guard let picture = try picture(of: record, in: writer.reader, asked: asked) else { return outcome }
        let plan = DeploymentPlanner(
            picture: picture,
            now: environment.now(),
            freshRollout: environment.freshID()
        ).plan()
        try save(plan, of: picture, in: writer)
        let known = picture.hosts.filter { $0.item != nil }.map(\.id)
        let dropped = Set(known.filter { plan.items[$0] == nil })
        for host in try writer.assign(plan.items, dropping: dropped, deployment: record.uid) {
            outcome.assignments[host] = try writer.reader.assignment(of: host)
        }
        if plan.isRemoved { try writer.forgetDeployment(record.uid) }
        outcome.explanations = plan.explanations
        outcome.items = plan.items
        outcome.picture = picture
        outcome.rollout = plan.rollout
        return outcome
    }

    /// Whether a step would write anything.
    func isNeeded(_ record: DeploymentRecord, in reader: FleetReader) throws -> Bool {
        guard let picture = try picture(of: record, in: reader) else { return false }
        let plan = DeploymentPlanner(picture: picture, now: environment.now(), freshRollout: "").plan()
        return plan.isRemoved || plan.rollout != picture.rollout || plan.succeeded != picture.succeeded
            || picture.hosts.contains { plan.items[$0.id] != $0.item }
    }

    private func save(_ plan: DeploymentPlan, of picture: DeploymentPicture, in writer: FleetWriter) throws {
        guard let rollout = plan.rollout, rollout != picture.rollout else { return }
        if var old = picture.rollout, old.id != rollout.id, !old.state.isTerminal {
            old.state = .superseded
            old.since = environment.now()
            old.reason = "revision \(rollout.revision.number) took its place"
            try writer.saveRollout(old, replacing: picture.rollout)
        }
        try writer.saveRollout(rollout, replacing: picture.rollout?.id == rollout.id ? picture.rollout : nil)
        if plan.succeeded != picture.succeeded, let newest = plan.succeeded.last {
            try writer.succeedRevision(newest.number, of: picture.uid)
        }
    }

    /// The same content can have succeeded under two numbers; the newest counts.
    private static func distinct(_ references: [RevisionReference]) -> [RevisionReference] {
        references.enumerated().filter { index, reference in
            !references[(index + 1)...].contains { $0.digest == reference.digest }
        }.map(\.element)
    }

    private func hosts(of record: DeploymentRecord, in reader: FleetReader) throws -> [DeploymentPicture.Host] {
        let selector = record.deployment.scope.hosts
        let items = try reader.items(of: record.uid)
        return directory.all.compactMap { entry in
            let state = entry.state.withLock { $0 }
            let isWanted = selector.matches(state.host.labels) && !state.host.isRevoked
            let item = items[entry.id]
            guard isWanted || item != nil else { return nil }
            // Memory is enough for a bound: assignments reach it right after their commit.
            let isFull = item == nil && (state.assignment?.items.count ?? 0) >= FleetLimits.replicasPerHost
            return DeploymentPicture.Host(
                id: entry.id,
                name: state.host.name,
                isSelected: isWanted && !isFull,
                ineligible: isFull
                    ? "it has \(FleetLimits.replicasPerHost) deployments, the most that a host may have" : nil,
                unreachableSince: state.unreachableSince,
                item: item,
                report: state.report?.replicas.first { $0.deployment == record.uid }
            )
        }.sorted { $0.name < $1.name }
    }
}
