import Fleet
import FleetStore
import Logging
import Synchronization

/// Stores what hosts say, and plans the deployments that it concerns. One loop, so that plans of one controller have an
/// order; the transactions of operators plan by themselves, in their own.
final class PlanningLoop: Sendable {
    private let store: FleetDatabase
    private let directory: HostDirectory
    private let step: PlanStep
    private let inbox: HostInbox
    private let wake: WakeUp
    private let environment: ControllerEnvironment
    private let term: UInt64
    private let logger: Logger
    private let dirty = Mutex<Set<String>>([])

    init(
        store: FleetDatabase,
        directory: HostDirectory,
        inbox: HostInbox,
        wake: WakeUp,
        environment: ControllerEnvironment,
        term: UInt64,
        logger: Logger
    ) {
        self.store = store
        self.directory = directory
        self.inbox = inbox
        self.wake = wake
        self.environment = environment
        self.term = term
        self.logger = logger
        step = PlanStep(directory: directory, environment: environment)
    }

    /// A deployment may need another plan.
    func mark(_ deployment: String) {
        dirty.withLock { _ = $0.insert(deployment) }
        wake.signal()
    }

    /// A host came, went or changed: every deployment may need another plan.
    func markAll() {
        mark("")
    }

    /// Comes back to what a failing store left undone. Its owner calls it about once a second.
    func retry() {
        if dirty.withLock({ !$0.isEmpty }) || inbox.isWaiting { wake.signal() }
    }

    /// Works until the wake-up is finished.
    func run() async {
        markAll()
        for await _ in wake.turns {
            await storeWhatCame()
            for uid in await takeDirty() { await plan(uid) }
        }
    }

    private func storeWhatCame() async {
        let batch = inbox.takeAll()
        guard !batch.isEmpty else { return }
        do {
            try await save(batch)
        } catch let error as FleetStoreError where error.code != .unavailable && error.code != .overloaded {
            // One host said something that cannot be stored: the others must not pay for it.
            logger.error("what hosts said was refused by the store", metadata: ["why": "\(error)"])
            return await storeOneByOne(batch)
        } catch {
            // Nothing is acknowledged and nothing forgotten: `retry` comes back to it.
            logger.error("what hosts said could not be stored", metadata: ["why": "\(error)"])
            inbox.putBack(batch)
            return
        }
        accept(batch)
    }

    private func storeOneByOne(_ batch: HostInbox.Batch) async {
        for host in Set(batch.reports.keys).union(batch.outcomes.keys).sorted() {
            var one = HostInbox.Batch()
            one.reports[host] = batch.reports[host]
            one.outcomes[host] = batch.outcomes[host]
            do {
                try await save(one)
                accept(one)
            } catch {
                logger.error("what a host said is left out", metadata: ["host": "\(host)", "why": "\(error)"])
            }
        }
    }

    private func save(_ batch: HostInbox.Batch) async throws {
        var instances: [String: String] = [:]
        for host in batch.outcomes.keys { instances[host] = directory[host]?.host.instance }
        try await store.write(change) { [instances] writer in
            try writer.saveReports(batch.reports)
            for (host, outcomes) in batch.outcomes {
                _ = try writer.saveOutcomes(outcomes, of: host, instance: instances[host] ?? "")
            }
        }
    }

    private func accept(_ batch: HostInbox.Batch) {
        for (host, report) in batch.reports { take(report, of: host) }
        for (host, outcomes) in batch.outcomes { acknowledge(outcomes, of: host) }
    }

    private func take(_ report: HostReport, of host: String) {
        guard let entry = directory[host] else { return }
        let before = entry.state.withLock { state in
            defer { state.report = report }
            return state.report
        }
        let known = Set(before?.replicas ?? [])
        for replica in report.replicas where !known.contains(replica) { mark(replica.deployment) }
        let present = Set(report.replicas.map(\.deployment))
        for replica in known where !present.contains(replica.deployment) { mark(replica.deployment) }
    }

    private func acknowledge(_ outcomes: [HostOutcome], of host: String) {
        guard let entry = directory[host], let last = outcomes.map(\.sequence).max() else { return }
        for outcome in outcomes { mark(outcome.deployment) }
        let (session, stored) = entry.state.withLock { state in
            state.outboxAcknowledged = max(state.outboxAcknowledged, last)
            return (state.session, state.outboxAcknowledged)
        }
        session?.acknowledge(outbox: stored, stored: outcomes.count)
    }

    private func takeDirty() async -> [String] {
        let marked = dirty.withLock { marked in
            defer { marked = [] }
            return marked
        }
        guard marked.contains("") else { return marked.sorted() }
        do {
            return try await store.read { try $0.deployments().map(\.uid) }
        } catch {
            logger.error("deployments could not be read", metadata: ["why": "\(error)"])
            dirty.withLock { _ = $0.insert("") }
            return []
        }
    }

    private func plan(_ uid: String) async {
        do {
            let step = step
            let isNeeded = try await store.read { reader in
                guard let record = try reader.deployment(uid: uid), record.state != .deleted else { return false }
                return try step.isNeeded(record, in: reader)
            }
            guard isNeeded else { return }
            let outcome = try await store.write(change) { writer -> PlanStep.Outcome in
                guard let record = try writer.reader.deployment(uid: uid), record.state != .deleted else {
                    return PlanStep.Outcome()
                }
                return try step.run(record, in: writer)
            }
            carryOut(outcome)
            // A plan may open the way for the next step: a wave done, a rollout over.
            mark(uid)
        } catch {
            logger.error("a deployment could not be planned", metadata: ["deployment": "\(uid)", "why": "\(error)"])
            dirty.withLock { _ = $0.insert(uid) }
        }
    }

    /// Sends what was committed.
    func carryOut(_ outcome: PlanStep.Outcome) {
        for (host, assignment) in outcome.assignments { directory[host]?.assign(assignment) }
    }

    private var change: Change { Change(actor: "controller", now: environment.now(), term: term) }
}
