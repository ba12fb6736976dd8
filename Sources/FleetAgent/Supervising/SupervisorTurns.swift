import DaemonKit
import Fleet
import Logging
import ReplicaLifecycle
import ShimProtocol

/// What the supervising loop knows between two events. Confined to that loop.
///
/// A turn is: events to machines; what they say is journalled at once; only then effects are handed out, for the owner to
/// begin. It waits for nothing and starts nothing itself.
struct SupervisorTurns: ~Copyable {
    /// One deployment.
    private struct Ward {
        var machine: ReplicaStateMachine
        var staging: Cancellation?
        /// How much of the revision that is being staged is here, in bytes, and how much of it was shown.
        var fetched: (revision: Digest, bytes: Int64, shown: Int64)?
        var attempts: [UInt64: ReplicaAttempt] = [:]
    }

    /// A journal that cannot be written is tried again after a second, then less and less often.
    private static let longestRetry = Span.seconds(30)
    private static let fetchedPace = Span(milliseconds: 900)

    private let board: HostBoard
    private let means: EndpointMeans
    private let time: TimeSource
    private let logger: Logger
    private(set) var journal: Journal
    private var wards: [String: Ward] = [:]
    private var assigned: Set<String>?
    /// Items that this agent does not understand, by deployment, and when they came.
    private var refused: [String: (item: RefusedItem, since: Instant)] = [:]
    private var progress: UInt64 = 0
    private var hasSession = false
    private var timerDue: Instant?
    private var records: [JournalRecord] = []
    private var effects: [SupervisorEffect] = []
    private var steady: SteadyTime
    /// How often in a row the journal could not be written.
    private var failures = 0
    /// Why nothing is remembered now, for people; `nil` when it is.
    private var unwritten: String?
    /// What was last said to stay on disk.
    private var kept: BundleKeep?
    private var bundleNames = BundleNames()
    private var waysBack = WaysBack()
    /// Who was last said to answer.
    private var ready: Set<String>?
    /// When it was last shown how far fetches are.
    private var fetchedShown: Instant?

    init(
        board: HostBoard,
        journal: consuming Journal,
        means: EndpointMeans,
        time: TimeSource,
        logger: Logger
    ) {
        self.board = board
        self.means = means
        self.time = time
        self.logger = logger
        self.journal = journal
        steady = SteadyTime(time)
    }

    /// The first turn: takes over what runs, starts what was verified last, without waiting for the controller.
    ///
    /// - Parameters:
    ///   - found: what runs, newest attempt first.
    ///   - pointed: the private ports that endpoints lead to.
    mutating func begin(found: [RunningReplica], pointed: Set<UInt16> = []) -> [SupervisorEffect] {
        if journal.tornBytes > 0 {
            logger.warning("journal cut after a crash", metadata: ["bytes": "\(journal.tornBytes)"])
        }
        let known = journal.state.replicas
        // Whom an endpoint leads to comes before whoever else wants its port.
        let led = Set(found.filter { !pointed.isDisjoint(with: $0.ticket.ports.values) }.map(\.ticket.deployment))
        let order = known.keys.sorted { led.contains($0) == led.contains($1) ? $0 < $1 : led.contains($0) }
        for deployment in order {
            guard let record = known[deployment] else { continue }
            open(record, found: found.filter { $0.ticket.deployment == deployment }, pointed)
        }
        for stray in found where known[stray.ticket.deployment] == nil {
            let deployment = stray.ticket.deployment
            leave(unknown: stray)
            guard wards[deployment] == nil else { continue }
            let own = found.filter { $0.ticket.deployment == deployment }
            open(ReplicaRecord(deployment: deployment), found: own, pointed)
        }
        // Where the journal was lost nobody knows whose an endpoint is.
        if !wards.values.contains(where: \.machine.hasUnknownProcess) { effects.append(.tidyEndpoints) }
        return endTurn()
    }

    private mutating func open(_ record: ReplicaRecord, found: [RunningReplica], _ pointed: Set<UInt16>) {
        let now = steady.now
        wards[record.deployment] = Ward(machine: ReplicaStateMachine(record: record, means: means, at: now))
        for replica in found { take(over: replica) }
        let leading = found.first { !pointed.isDisjoint(with: $0.ticket.ports.values) }
        let actions = wards[record.deployment]?.machine.restarted(
            found: found.map(\.process),
            pointed: leading?.ticket.attempt,
            at: now
        )
        perform(actions ?? [], of: record.deployment)
    }

    /// One turn.
    mutating func take(_ event: SupervisorEvent) -> [SupervisorEffect] {
        progress += 1
        switch event {
        case .assigned(let assignment, let journalled):
            defer { journalled.finish() }
            return take(assignment)
        case .replica(let deployment, let event): tell(deployment, event)
        case .wayBackChecked(let digest, let check): waysBack.checked(digest, check)
        case .timer:
            timerDue = nil
            for deployment in wards.keys.sorted() {
                let actions = wards[deployment]?.machine.timerFired(at: steady.now) ?? []
                perform(actions, of: deployment)
            }
        case .leaseTurn(let turn):
            turn.yield(progress)
            turn.finish()
            return []
        case .sessionBegan:
            hasSession = true
            tellSession(lostSince: nil)
        case .sessionLost(let silence):
            hasSession = false
            tellSession(lostSince: steady.now + Span(milliseconds: -silence.milliseconds))
        case .ordered(let order, let deployment, let answered):
            defer { answered.finish() }
            let refusal = carryOut(order, on: deployment)
            let effects = endTurn()
            if let answer = refusal ?? unwritten { answered.yield(answer) }
            return effects
        case .outboxAcknowledged(let through):
            if let record = journal.state.applying(records).acknowledgement(through: through) { records.append(record) }
        }
        return endTurn()
    }

    /// A host that waits for its turn in a rollback counts the time without a session.
    private mutating func tellSession(lostSince: Instant?) {
        let now = steady.now
        for deployment in wards.keys.sorted() {
            let actions =
                if let lostSince {
                    wards[deployment]?.machine.sessionLost(since: lostSince, at: now)
                } else {
                    wards[deployment]?.machine.sessionBegan(at: now)
                }
            perform(actions ?? [], of: deployment)
        }
    }

    /// Why an order is refused; `nil` when the machine has it.
    private mutating func carryOut(_ order: LocalOrder, on deployment: String) -> String? {
        guard var machine = wards[deployment]?.machine else { return "the deployment has just gone from this host" }
        if let refusal = order.refusal(by: machine) { return refusal }
        let actions = order.carriedOut(by: &machine, at: steady.now)
        wards[deployment]?.machine = machine
        perform(actions, of: deployment)
        return nil
    }

    private mutating func take(_ assignment: Assignment) -> [SupervisorEffect] {
        // The newest may wait for the disk.
        let newest = journal.state.applying(records).assignment
        guard assignment.version >= newest else {
            logger.info("older assignment ignored", metadata: ["version": "\(assignment.version)"])
            return endTurn()
        }
        let now = steady.now
        for item in assignment.items {
            if wards[item.deployment] == nil {
                let record = ReplicaRecord(deployment: item.deployment)
                var machine = ReplicaStateMachine(record: record, means: means, at: now)
                // Nothing follows from it: nothing is asked of it yet.
                if hasSession { _ = machine.sessionBegan(at: now) }
                wards[item.deployment] = Ward(machine: machine)
            }
            let actions = wards[item.deployment]?.machine.assignmentReceived(item, at: now) ?? []
            perform(actions, of: item.deployment)
        }
        assigned = Set(assignment.items.map(\.deployment) + assignment.refused.map(\.deployment))
        refuse(assignment.refused)
        // The next agent may understand what this one does not: the controller sends it again to whoever does not have it.
        if refused.isEmpty { records.append(.assignment(assignment.version)) }
        return endTurn()
    }

    private mutating func refuse(_ items: [RefusedItem]) {
        for deployment in refused.keys where wards[deployment] == nil { board.put(nil, of: deployment) }
        let older = refused
        refused = [:]
        for item in items {
            let same = older[item.deployment].flatMap { $0.item == item ? $0.since : nil }
            refused[item.deployment] = (item, same ?? time.now())
            guard same == nil else { continue }
            logger.error("item refused", metadata: ["deployment": "\(item.name)", "why": "\(item.reason)"])
        }
    }

    private mutating func tell(_ deployment: String, _ event: ReplicaEvent) {
        guard var ward = wards[deployment] else { return }
        let now = steady.now
        let name = ward.machine.record.item?.name ?? deployment
        let actions: [ReplicaAction]
        switch event {
        case .fetched(let digest, let bytes):
            if ward.fetched?.revision == digest { ward.fetched?.bytes = bytes }
            wards[deployment] = ward
            return showFetched(now)
        case .staged(let digest, let update, let staging):
            guard staging === ward.staging else { return }
            actions = ward.machine.staged(digest, update: update, at: now)
        case .stagingFailed(let digest, let kind, let cause, let staging):
            guard staging === ward.staging else { return }
            logger.warning(
                "staging failed",
                metadata: ["deployment": "\(name)", "uid": "\(deployment)", "why": "\(cause)"]
            )
            actions = ward.machine.stagingFailed(digest, kind, cause: cause, at: now)
        case .started(let attempt, let instance):
            actions = ward.machine.started(attempt: attempt, instance: instance, at: now)
        case .startFailed(let attempt, let cause):
            logger.warning(
                "start failed",
                metadata: ["deployment": "\(name)", "uid": "\(deployment)", "why": "\(cause)"]
            )
            actions = ward.machine.startFailed(attempt: attempt, cause: cause, at: now)
        case .ready(let attempt): actions = ward.machine.becameReady(attempt: attempt, at: now)
        case .unready(let attempt, let cause):
            actions = ward.machine.becameUnready(attempt: attempt, cause: cause, at: now)
        case .exited(let attempt, let cause):
            logger.info(
                "replica ended",
                metadata: ["deployment": "\(name)", "uid": "\(deployment)", "how": "\(cause)"]
            )
            actions = ward.machine.processExited(attempt: attempt, cause: cause, at: now)
            ward.attempts[attempt] = nil
        case .stopped(let attempt):
            actions = ward.machine.stopped(attempt: attempt, at: now)
            ward.attempts[attempt] = nil
        case .stopOverdue(let attempt, let cause):
            actions = ward.machine.stopOverdue(attempt: attempt, cause: cause, at: now)
        case .switched(let attempt): actions = ward.machine.switched(attempt: attempt, at: now)
        case .switchFailed(let attempt, let cause):
            actions = ward.machine.switchFailed(attempt: attempt, cause: cause, at: now)
        case .connections(let attempt, let count):
            actions = ward.machine.connectionsCounted(attempt: attempt, count, at: now)
        case .probePassed(let attempt): actions = ward.machine.probePassed(attempt: attempt, at: now)
        case .probeFailed(let attempt, let cause):
            logger.warning(
                "probe failed",
                metadata: ["deployment": "\(name)", "uid": "\(deployment)", "why": "\(cause)"]
            )
            actions = ward.machine.probeFailed(attempt: attempt, cause: cause, at: now)
        }
        wards[deployment] = ward
        perform(actions, of: deployment)
    }

    /// Shows how far fetches are, at most once a second: each change of a report is a status.
    private mutating func showFetched(_ now: Instant) {
        if let last = fetchedShown, now - last < Self.fetchedPace { return }
        fetchedShown = now
        for deployment in wards.keys {
            guard let bytes = wards[deployment]?.fetched?.bytes else { continue }
            wards[deployment]?.fetched?.shown = bytes
        }
    }

    private mutating func perform(_ actions: [ReplicaAction], of deployment: String) {
        guard wards[deployment] != nil else { return }
        for action in actions {
            switch action {
            case .journal(let record): records.append(.replica(record))
            case .outcome(let item, let revision, let kind):
                records.append(.outcome(outcome(deployment, item, revision, kind)))
            case .stage(let revision, let endpoint):
                let cancellation = Cancellation()
                wards[deployment]?.staging = cancellation
                wards[deployment]?.fetched = (revision.digest, 0, 0)
                let owned = owned(by: deployment)
                order(.stage(revision, endpoint, deployment: deployment, owned: owned, cancellation))
            case .check(let revision, let endpoint):
                let cancellation = Cancellation()
                wards[deployment]?.staging = cancellation
                let owned = owned(by: deployment)
                order(.check(revision, endpoint, deployment: deployment, owned: owned, cancellation))
            case .cancelStaging:
                wards[deployment]?.staging?.cancel()
                wards[deployment]?.staging = nil
            case .start(let number, let revision, let endpoint):
                let attempt = ReplicaAttempt()
                wards[deployment]?.attempts[number] = attempt
                let launch = launch(revision, at: endpoint, of: deployment)
                let ticket = ReplicaTicket(
                    deployment: deployment,
                    attempt: number,
                    revision: revision.reference,
                    ports: [:]
                )
                order(.start(ticket, launch, attempt))
            case .adopt(let number, let revision):
                guard let attempt = wards[deployment]?.attempts[number], let running = attempt.running else { break }
                let launch = launch(revision, at: nil, of: deployment)
                order(.watch(running, launch, attempt))
            case .watch(let number):
                guard let attempt = wards[deployment]?.attempts[number], let running = attempt.running else { break }
                order(.watch(running, nil, attempt))
            case .probe(let number, let revision):
                guard let running = wards[deployment]?.attempts[number]?.running else { break }
                let launch = launch(revision, at: nil, of: deployment)
                order(.probe(running, launch))
            case .point(let pointing):
                effects.append(.point(aim(pointing, of: deployment), deployment: deployment))
            case .stop(let number, let revision, let drain): stop(number, revision, drain, of: deployment)
            case .hurry(let number): wards[deployment]?.attempts[number]?.hurried()
            case .detach(let number):
                guard let attempt = wards[deployment]?.attempts[number], let running = attempt.running else { break }
                order(.detach(running, attempt))
            }
        }
    }

    private func launch(_ revision: Revision, at endpoint: Endpoint?, of deployment: String) -> ReplicaWorker.Launch {
        let item = wards[deployment]?.machine.record.item
        return ReplicaWorker.Launch(
            name: item?.name ?? deployment,
            revision: revision,
            endpoint: endpoint,
            stableFor: item?.stableFor ?? .seconds(0)
        )
    }

    /// In ports. What has ended meanwhile answers nowhere.
    private func aim(_ pointing: Pointing, of deployment: String) -> EndpointAim {
        switch pointing {
        case .untouched, .nowhere: return .nowhere
        case .closed(let endpoint): return .closed(endpoint.port)
        case .open(let endpoint, let number):
            let running = wards[deployment]?.attempts[number]?.running
            guard let target = running?.target(endpoint.to) else { return .closed(endpoint.port) }
            return .open(endpoint.port, to: target, attempt: number)
        }
    }

    private mutating func stop(_ number: UInt64, _ revision: Revision?, _ drain: Drain, of deployment: String) {
        guard let attempt = wards[deployment]?.attempts[number] else {
            return order(.say(.stopped(attempt: number), deployment: deployment))
        }
        switch attempt.stopRequested() {
        // The task that was preparing says so itself.
        case .leftToLauncher, .nothingThere: break
        case .stop(let running): order(.stop(running, revision, drain, attempt))
        }
    }

    /// A process that the journal does not speak of, because the journal was lost: what serves goes on.
    private func leave(unknown stray: RunningReplica) {
        logger.warning(
            "a replica runs that the journal does not know; it is left serving",
            metadata: ["pid": "\(stray.handle.child.pid)", "deployment": "\(stray.ticket.deployment)"]
        )
    }

    private mutating func take(over running: RunningReplica) {
        effects.append(.holdPorts(running.ticket.ports, key: running.ticket.directoryName))
        wards[running.ticket.deployment]?.attempts[running.ticket.attempt] = ReplicaAttempt(running: running)
        logger.info("replica adopted", metadata: ["pid": "\(running.handle.child.pid)"])
    }

    private mutating func order(_ work: ReplicaWork) { effects.append(.work(work)) }

    private func owned(by deployment: String) -> Set<UInt16> {
        let running = wards[deployment]?.attempts.values.compactMap(\.running) ?? []
        return Set(running.flatMap { $0.ticket.ports.values })
    }

    private func outcome(
        _ deployment: String,
        _ item: UInt64,
        _ revision: RevisionReference?,
        _ kind: HostOutcome.Kind
    ) -> HostOutcome {
        HostOutcome(
            sequence: journal.state.applying(records).lastOutcome + 1,
            deployment: deployment,
            item: item,
            revision: revision,
            kind: kind,
            at: time.now()
        )
    }

    /// Journals what the turn brought, shows it, and hands out what is to be done.
    private mutating func endTurn() -> [SupervisorEffect] {
        let hasChanged = !records.isEmpty
        do {
            try journal.append(records)
            records = []
            try forgetRemoved()
        } catch {
            return holdBack(because: error)
        }
        if failures > 0 {
            failures = 0
            unwritten = nil
            logger.notice("journal written again: what waited begins")
        }
        board.put(journal.state)
        let shift = steady.toTimeOfDay()
        if let ways = waysBack.update(wards.values.map(\.machine.record)) { effects.append(.keepWaysBack(ways)) }
        for (deployment, ward) in wards {
            var report = ward.machine.report(shift: shift)
            report.rollback = waysBack.readiness(of: ward.machine.record)
            if report.state == .staging { report.fetchedBytes = ward.fetched?.shown }
            if let (item, since) = refused[deployment] { report = item.report(over: report, since: since) }
            board.put(report, of: deployment)
        }
        for (deployment, refusal) in refused where wards[deployment] == nil {
            board.put(refusal.item.report(over: nil, since: refusal.since), of: deployment)
        }
        schedule()
        if hasChanged || kept == nil { keepBundles() }
        tellReady()
        defer { effects = [] }
        return effects
    }

    /// What cannot be remembered does not begin: records and effects wait for the disk, and what runs goes on.
    private mutating func holdBack(because error: AgentError) -> [SupervisorEffect] {
        if failures == 0 {
            logger.error("journal not written: nothing moves until it is", metadata: ["why": "\(error)"])
        }
        let wait = min(Span(milliseconds: 1000 << Int64(min(failures, 8))), Self.longestRetry)
        failures += 1
        unwritten =
            "the order cannot be remembered yet, and nothing moves until it is: \(error.message); it is carried out once "
            + "the journal can be written: see to the disk, then look at `muster-agent status`"
        timerDue = steady.now + wait
        return [.wake(after: wait)]
    }

    /// Forgets what was stopped for good, once the controller knows and asks for it no more.
    private mutating func forgetRemoved() throws(AgentError) {
        guard let assigned else { return }
        for (deployment, ward) in wards where ward.machine.isRemoved && !assigned.contains(deployment) {
            guard !journal.state.outbox.contains(where: { $0.deployment == deployment }) else { continue }
            try journal.append([.forgotten(deployment: deployment)])
            wards[deployment] = nil
            effects.append(.forget(deployment: deployment))
            board.put(nil, of: deployment)
        }
    }

    private mutating func schedule() {
        let due = wards.values.compactMap(\.machine.deadline).min()
        guard due != timerDue else { return }
        timerDue = due
        let now = steady.now
        effects.append(.wake(after: due.map { Span(milliseconds: max(0, ($0 - now).milliseconds)) }))
    }

    /// Says who answers, where that has changed, before anything of this turn closes an endpoint.
    private mutating func tellReady() {
        // Where the journal was lost nobody knows whose an endpoint is: what was said of it stays said.
        guard !wards.values.contains(where: \.machine.hasUnknownProcess) else { return }
        // A name becomes a file's.
        let names = wards.values.compactMap(\.machine.readyName).filter { NameRule.problem(withName: $0) == nil }
        guard ready != Set(names) else { return }
        ready = Set(names)
        effects.insert(.ready(Set(names)), at: 0)
    }

    /// Says what must stay on disk, where that has changed.
    private mutating func keepBundles() {
        var keep = bundleNames.keep(wards.values.map(\.machine.record))
        // What an unknown process needs cannot be told from what nobody needs.
        if wards.values.contains(where: \.machine.hasUnknownProcess) { keep.isComplete = false }
        guard keep != kept else { return }
        kept = keep
        // Before what this turn orders: a fetch of it must not lose its files.
        effects.insert(.keep(keep), at: 0)
    }
}
