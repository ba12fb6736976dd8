import Fleet
import FleetPlanning
import FleetStore
import Logging
import Synchronization

/// Drives the executor: stores what hosts say, brings it the events and the pictures that it needs, stores its plans and
/// sends them. One loop, so that plans of one controller have an order; the transactions of operators plan by themselves, in
/// their own, and mark what they changed here.
final class PlanningLoop: Sendable {
    let store: FleetDatabase
    let directory: HostDirectory
    private let step: PlanStep
    let restore: RestoreWatch
    private let inbox: HostInbox
    private let wake: WakeUp
    let environment: ControllerEnvironment
    private let term: UInt64
    let logger: Logger
    private let marks = PlanningMarks()
    /// When something is due by itself.
    private let wakeAt = Mutex<Instant?>(nil)
    /// What led from the time of planning to the time of day, when that was last looked at.
    private let toTimeOfDay = Mutex(Span.seconds(0))

    init(
        store: FleetDatabase,
        directory: HostDirectory,
        restore: RestoreWatch,
        inbox: HostInbox,
        wake: WakeUp,
        environment: ControllerEnvironment,
        term: UInt64,
        logger: Logger
    ) {
        self.store = store
        self.directory = directory
        self.restore = restore
        self.inbox = inbox
        self.wake = wake
        self.environment = environment
        self.term = term
        self.logger = logger
        step = PlanStep(directory: directory, environment: environment)
    }

    /// Deployments were changed in the store by somebody else.
    func deploymentsChanged(_ uids: some Sequence<String>) {
        marks.add(deployments: uids)
        wake.signal()
    }

    /// Every deployment is to be planned anew: what all of them rest on has changed.
    func everythingChanged() {
        marks.addEverything()
        wake.signal()
    }

    /// A host came, went, or can be reached again, or not.
    func hostChanged(_ host: String) {
        marks.add(host: host)
        wake.signal()
    }

    /// Comes back to what a failing store left undone, and to what is due by itself. Its owner calls it about once a second.
    func retry() {
        if hasJumped() {
            logger.notice("the clock of this machine was set: windows are worked out again")
            everythingChanged()
        }
        let isDue = wakeAt.withLock { $0.map { $0 <= environment.steady() } ?? false }
        if isDue || !marks.isEmpty || inbox.isWaiting || restore.isWaiting { wake.signal() }
    }

    /// Whether the time of day has jumped since this was last asked.
    private func hasJumped() -> Bool {
        let shift = environment.toTimeOfDay
        return toTimeOfDay.withLock { known in
            guard (shift.milliseconds - known.milliseconds).magnitude > PlanExecutor.tolerance else { return false }
            known = shift
            return true
        }
    }

    /// Works until the wake-up is finished.
    func run() async {
        var executor = PlanExecutor()
        marks.addEverything()
        wake.signal()
        for await _ in wake.turns {
            let mayPlan = await judgeClaims()
            await storeWhatCame(&executor)
            await takeUpMarks(&executor)
            if mayPlan { await planDue(&executor) }
            wakeAt.withLock { $0 = executor.nextWake }
        }
    }

    // MARK: What hosts say

    private func storeWhatCame(_ executor: inout PlanExecutor) async {
        let batch = inbox.takeAll()
        guard !batch.isEmpty else { return }
        do {
            try await save(batch)
        } catch let error as FleetStoreError where error.code != .unavailable && error.code != .overloaded {
            // One host said something that cannot be stored: the others must not pay for it.
            logger.error("what hosts said was refused by the store", metadata: ["why": "\(error)"])
            return await storeOneByOne(batch, &executor)
        } catch {
            // Nothing is acknowledged and nothing forgotten: `retry` comes back to it.
            logger.log(
                level: .ofFailedWrite(error),
                "what hosts said could not be stored",
                metadata: ["why": "\(error)"]
            )
            inbox.putBack(batch)
            return
        }
        accept(batch, &executor)
    }

    private func storeOneByOne(_ batch: HostInbox.Batch, _ executor: inout PlanExecutor) async {
        for host in Set(batch.reports.keys).union(batch.outcomes.keys).union(batch.clones.keys).sorted() {
            var one = HostInbox.Batch()
            one.reports[host] = batch.reports[host]
            one.outcomes[host] = batch.outcomes[host]
            one.clones[host] = batch.clones[host]
            do {
                try await save(one)
                accept(one, &executor)
            } catch {
                logger.error("what a host said is left out", metadata: ["host": "\(host)", "why": "\(error)"])
            }
        }
    }

    private func save(_ batch: HostInbox.Batch) async throws {
        var instances: [String: String] = [:]
        for host in batch.outcomes.keys { instances[host] = directory[host]?.host.instance }
        let isFrozen = restore.isFrozen
        try await store.write(change) { [instances] writer in
            try writer.saveReports(batch.reports)
            for (host, report) in batch.reports {
                if let unseen = self.unseen(report, of: host) { try writer.raiseGeneration(of: host, to: unseen) }
                if isFrozen { try writer.mergeServing(report, of: host) }
            }
            for (host, outcomes) in batch.outcomes {
                _ = try writer.saveOutcomes(outcomes, of: host, instance: instances[host] ?? "")
            }
            for (host, why) in batch.clones { try writer.auditClone(ofHost: host, why: why) }
        }
    }

    private func accept(_ batch: HostInbox.Batch, _ executor: inout PlanExecutor) {
        for (host, report) in batch.reports { take(report, of: host, &executor) }
        for (host, outcomes) in batch.outcomes { acknowledge(outcomes, of: host, &executor) }
    }

    private func take(_ report: HostReport, of host: String, _ executor: inout PlanExecutor) {
        guard let entry = directory[host] else { return }
        let (before, isBack) = entry.state.withLock { state in
            defer {
                state.report = report
                state.unheardSince = nil
            }
            state.hasReported = true
            return (state.report, state.unheardSince != nil)
        }
        let known = Set(before?.replicas ?? [])
        for replica in report.replicas where !known.contains(replica) {
            executor.take(.report(host: host, replica), of: replica.deployment)
        }
        let present = Set(report.replicas.map(\.deployment))
        for replica in known where !present.contains(replica.deployment) {
            executor.take(.report(host: host, nil), of: replica.deployment)
        }
        if isBack { take(changedHost: host, &executor) }
    }

    private func acknowledge(_ outcomes: [HostOutcome], of host: String, _ executor: inout PlanExecutor) {
        guard let entry = directory[host], let last = outcomes.map(\.sequence).max() else { return }
        for outcome in outcomes { executor.mark(outcome.deployment) }
        let (session, stored) = entry.state.withLock { state in
            state.outboxAcknowledged = max(state.outboxAcknowledged, last)
            return (state.session, state.outboxAcknowledged)
        }
        session?.acknowledge(outbox: stored, stored: outcomes.count)
    }

    // MARK: What others changed

    private func takeUpMarks(_ executor: inout PlanExecutor) async {
        var marked = marks.takeAll()
        if marked.isEverything {
            do {
                marked.deployments.formUnion(try await store.read { try $0.deployments().map(\.uid) })
                marked.deployments.formUnion(executor.deployments)
            } catch {
                if !Task.isCancelled { logger.error("deployments could not be read", metadata: ["why": "\(error)"]) }
                marks.addEverything()
            }
        }
        // What a host that was deleted leaves behind is not in the store any more.
        for host in marked.hosts where directory[host] == nil {
            marked.deployments.formUnion(executor.deployments(of: host))
        }
        for uid in marked.deployments.sorted() { await read(uid, into: &executor) }
        for host in marked.hosts { take(changedHost: host, &executor) }
    }

    private func read(_ uid: String, into executor: inout PlanExecutor) async {
        executor.drop(uid)
        do {
            let step = step
            let found = try await store.read { reader -> (LabelSelector, DeploymentPicture)? in
                guard let record = try reader.deployment(uid: uid), record.state != .deleted else { return nil }
                return try step.picture(of: record, in: reader).map { (record.deployment.scope.hosts, $0) }
            }
            guard let (selector, picture) = found else { return executor.forget(uid) }
            guard !step.isClockOld(picture.rollout) else {
                executor.reserve(picture, at: environment.steady())
                return try await resumeClock(of: uid)
            }
            executor.adopt(
                picture,
                selector: selector,
                at: environment.steady(),
                toTimeOfDay: environment.toTimeOfDay
            )
        } catch {
            marks.add(deployments: [uid])
            guard !Task.isCancelled else { return }
            logger.error("a deployment could not be read", metadata: ["deployment": "\(uid)", "why": "\(error)"])
        }
    }

    /// The deployment is read by the next turn.
    private func resumeClock(of uid: String) async throws {
        let step = step
        try await store.write(change) { writer in
            guard let record = try writer.reader.deployment(uid: uid), record.state != .deleted else { return }
            _ = try step.resumedClock(of: record, in: writer)
        }
        deploymentsChanged([uid])
    }

    /// Tells every deployment that has to do with a host what is known of it now.
    private func take(changedHost id: String, _ executor: inout PlanExecutor) {
        guard let entry = directory[id] else { return }
        let known = executor.deployments(of: id)
        for uid in known.union(executor.deployments(selecting: entry.host.labels)) {
            guard let selector = executor.selector(of: uid), let spread = executor.spread(of: uid),
                let host = step.host(entry, selector: selector, spread: spread, isKnown: known.contains(uid), uid: uid)
            else { continue }
            executor.take(.host(host), of: uid)
            guard known.contains(uid) else { continue }
            executor.take(.reachability(host: id, unreachableSince: host.unreachableSince), of: uid)
        }
    }

    // MARK: Plans

    private func planDue(_ executor: inout PlanExecutor) async {
        for uid in executor.due(at: environment.steady()) { await plan(uid, &executor) }
        if !executor.due(at: environment.steady()).isEmpty { wake.signal() }
    }

    private func plan(_ uid: String, _ executor: inout PlanExecutor) async {
        let plan = executor.plan(
            uid,
            at: environment.steady(),
            toTimeOfDay: environment.toTimeOfDay,
            freshRollout: environment.freshID()
        )
        guard let plan, !plan.isEmpty else { return }
        do {
            let step = step
            let outcome = try await store.write(change) { writer in
                try step.store(plan, of: uid, in: writer)
            }
            executor.committed(uid, items: outcome.items)
            carryOut(outcome)
        } catch {
            // The machine is ahead of the store: it is read again, by the next turn.
            executor.failed(uid)
            marks.add(deployments: [uid])
            let metadata: Logger.Metadata = ["deployment": "\(uid)", "why": "\(error)"]
            guard (error as? FleetStoreError)?.code == .conflict else {
                return logger.log(level: .ofFailedWrite(error), "a plan could not be stored", metadata: metadata)
            }
            // A person was faster.
            logger.debug("a plan was overtaken", metadata: metadata)
            wake.signal()
        }
    }

    /// Sends what was committed.
    func carryOut(_ outcome: PlanStep.Outcome) {
        for (host, assignment) in outcome.assignments where directory[host]?.assign(assignment) == true {
            hostChanged(host)
        }
    }

    var change: Change { Change(actor: "controller", now: environment.now(), term: term) }
}
