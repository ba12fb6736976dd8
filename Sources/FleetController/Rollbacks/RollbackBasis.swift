import Fleet
import FleetPlanning
import FleetStore
import Synchronization

/// What a rollback of one deployment rests on: what is wanted and condemned, and what its hosts last said. It needs no
/// picture, so that the whole fleet can be looked at in a moment.
struct RollbackBasis {
    /// One host that the deployment selects, or that reports it.
    struct Host {
        let id: String
        let name: String
        let unreachableSince: Instant?
        let isSelected: Bool
        let isCordoned: Bool
        /// All that the host reports: a report is large, and a fleet has many, so that none is copied.
        private let replicas: [ReplicaReport]
        private let index: Int?

        /// - Parameter index: of the deployment's replica among `replicas`.
        init(
            id: String,
            name: String,
            unreachableSince: Instant?,
            isSelected: Bool,
            isCordoned: Bool,
            replicas: [ReplicaReport],
            index: Int?
        ) {
            self.id = id
            self.name = name
            self.unreachableSince = unreachableSince
            self.isSelected = isSelected
            self.isCordoned = isCordoned
            self.replicas = replicas
            self.index = index
        }

        /// What it last said about the deployment.
        var report: ReplicaReport? { index.map { replicas[$0] } }
        /// What answers there now.
        var serving: RevisionReference? { index.flatMap { replicas[$0].serving } }
        /// What it moves to; `nil` while it does not move.
        var goal: RevisionReference? { index.flatMap { replicas[$0].movesTo } }
        /// Whether a local command keeps what serves from moving.
        var isPinned: Bool { index.map { replicas[$0].pin != nil } ?? false }
        /// What was verified there, and succeeded; oldest first.
        var good: [RevisionReference] { index.map { replicas[$0].good } ?? [] }
        /// Whether it could go back now.
        var readiness: RollbackReadiness? { index.flatMap { replicas[$0].rollback } }
    }

    /// So long planning may take to give the hosts of a new rollback their places.
    static let settling = Span.seconds(60)

    let record: DeploymentRecord
    /// The newest rollout.
    let rollout: Rollout?
    /// The revisions whose rollout succeeded, each content once, the newest last.
    let succeeded: [RevisionReference]
    /// Every revision, oldest first.
    let revisions: [RevisionSummary]
    /// What is condemned now.
    let holds: [Hold]
    /// The newest rollback of the deployment that runs, and the hosts that it is narrowed to; one that is for all hosts of
    /// the scope rather than a newer one that is not.
    let running: (id: String, hosts: Set<String>?)?
    /// The newest rollback of the deployment that has just ended on hosts of the scope.
    let recent: RecentRollback?
    /// The hosts in the scope, in no order.
    let hosts: [Host]
    /// Whether the scope is all hosts, those of tomorrow included.
    let isEverywhere: Bool

    var name: String { record.deployment.name }

    /// Reads what rollbacks of some deployments rest on, in their order.
    ///
    /// - Parameter now: what was asked for shortly before may still be without places for its hosts.
    static func read(
        _ scope: RollbackScope,
        _ directory: HostDirectory,
        at now: Instant,
        in reader: FleetReader
    ) throws -> [RollbackBasis] {
        let hosts = hosts(of: scope, directory)
        return try zip(scope.records, hosts).map { record, hosts in
            let ids = scope.selector == nil ? nil : Set(hosts.map(\.id))
            let succeeded = try reader.succeededRevisions(of: record.uid)
            return RollbackBasis(
                record: record,
                rollout: try reader.newestRollout(of: record.uid),
                succeeded: PlanStep.distinct(succeeded),
                revisions: try reader.revisionSummaries(of: record.uid),
                holds: try reader.holds(of: record.uid),
                running: try running(of: record.uid, covering: ids, at: now, in: reader),
                recent: try RecentRollback.newest(of: record.uid, on: ids, at: now, in: reader),
                hosts: hosts,
                isEverywhere: scope.selector == nil
            )
        }
    }

    private static func running(
        of uid: String,
        covering scope: Set<String>?,
        at now: Instant,
        in reader: FleetReader
    ) throws -> (id: String, hosts: Set<String>?)? {
        let since = Instant(milliseconds: now.milliseconds - settling.milliseconds)
        let running = try reader.runningRollbacks(of: uid, since: since).compactMap {
            id -> (id: String, hosts: Set<String>?)? in
            let holds = try reader.holds(ofRollback: id).filter { $0.hold.deployment == uid && $0.lift == nil }
            let hosts = holds.map(\.hold.hosts)
            guard !hosts.isEmpty else { return nil }
            return (id, hosts.contains(nil) ? nil : Set(hosts.flatMap { $0 ?? [] }))
        }
        let covering = running.first { entry in
            guard let hosts = entry.hosts else { return true }
            return scope?.isSubset(of: hosts) ?? false
        }
        return covering ?? running.first
    }

    private static func hosts(of scope: RollbackScope, _ directory: HostDirectory) -> [[Host]] {
        var hosts = [[Host]](repeating: [], count: scope.records.count)
        let selectors = scope.records.map(\.deployment.scope.hosts)
        var indexes: [String: Int] = [:]
        for (index, record) in scope.records.enumerated() { indexes[record.uid] = index }
        for entry in directory.all {
            let state = entry.state.withLock { $0 }
            let labels = state.host.labels
            guard scope.selector?.matches(labels) ?? true, !state.host.isRevoked else { continue }
            let replicas = state.report?.replicas ?? []
            var places = [Int?](repeating: nil, count: hosts.count)
            for place in replicas.indices {
                if let index = indexes[replicas[place].deployment] { places[index] = place }
            }
            for index in hosts.indices {
                let isSelected = selectors[index].matches(labels)
                guard isSelected || places[index] != nil else { continue }
                hosts[index].append(
                    Host(
                        id: entry.id,
                        name: state.host.name,
                        unreachableSince: state.unreachableSince,
                        isSelected: isSelected,
                        isCordoned: state.host.cordon != nil,
                        replicas: replicas,
                        index: places[index]
                    )
                )
            }
        }
        return hosts
    }

    // MARK: What is condemned

    /// The hold that condemns a revision on every host of the scope.
    func held(_ revision: RevisionReference) -> Hold? {
        holds.first { hold in
            guard hold.condemns(revision) else { return false }
            if hold.hosts == nil { return true }
            return !isEverywhere && hosts.allSatisfy { hold.applies(to: $0.id) }
        }
    }

    /// What a rollback condemns that names no target: what a rollout is taking to the hosts, or back from them, else what is
    /// wanted.
    var condemnable: RevisionReference? {
        if let rollout, !rollout.state.isTerminal, held(rollout.revision) == nil { return rollout.revision }
        return succeeded.last { held($0) == nil }
    }

    /// What `--to` a revision condemns.
    func later(than target: RevisionReference) -> [RevisionReference] {
        LaterRevisions(succeeded: succeeded, rollout: rollout).than(target, on: hosts.compactMap(\.report))
    }

    /// What is wanted everywhere once these are condemned too.
    func settled(without condemned: [RevisionReference]) -> RevisionReference? {
        succeeded.last { revision in
            !condemned.contains { $0.isSameContent(as: revision) }
                && !holds.contains { $0.hosts == nil && $0.condemns(revision) }
        }
    }
}

extension RevisionReference {
    /// Whether a hold of one condemns the other.
    func isSameContent(as other: RevisionReference) -> Bool { digest == other.digest || written == other.written }
}
