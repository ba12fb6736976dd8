import Fleet
import Logging
import ReplicaLifecycle
import ShimProtocol
import Testing

@testable import FleetAgent

/// One life of an agent on a simulated host: the real turns, journal, blobs and bundles; what takes time is done at once,
/// one thing after the other. It dies by being let go.
final class SimulatedAgent {
    static let files = "/data"

    let host: SimulatedHost
    let board: HostBoard
    private let bundles: BundleStore
    private let plan: ReplicaPlan
    private var turns: SupervisorTurns
    private var effects: [SupervisorEffect] = []
    private var events: [SupervisorEvent] = []
    private var due: Int64?
    /// What waits for the controller, because its files are not here.
    private var waiting: [SupervisorEffect] = []
    private let link = ControllerReach()
    /// How long it may wait for something, at once.
    var patience = Span.seconds(3600)
    /// How many processes it has tried to start.
    private(set) var starts = 0

    /// The agent is started, and takes its first turn.
    init(_ host: SimulatedHost, plan: ReplicaPlan) throws {
        let files = try AgentFiles(directory: Self.files)
        try files.prepare(on: host)
        var logger = Logger(label: "simulated")
        logger.logLevel = .critical
        self.host = host
        self.plan = plan
        let source = ReachedSource(source: plan.source, link: link)
        let blobs = BlobStore(files: files, disk: host, source: source, time: host.time, logger: logger)
        bundles = BundleStore(files: files, blobs: blobs, logger: logger)
        board = HostBoard(facts: ReplicaPlan.facts)
        turns = SupervisorTurns(
            board: board,
            journal: try Journal(path: files.journal, disk: host, compactionFloor: 4096),
            means: plan.means,
            time: host.time,
            logger: logger
        )
        let found = host.world.processes.values.sorted { $0.ticket.attempt > $1.ticket.attempt }
        effects = turns.begin(found: found, pointed: Set(host.world.table.values.filter { $0 != 0 }))
    }

    /// What the journal says.
    var remembered: JournalState { turns.journal.state }

    /// Until nothing is left to do, so many things are done, or so much time has passed.
    func run(effects limit: Int = .max) async {
        var left = limit
        let end = host.world.now + patience.milliseconds
        while left > 0 {
            if !effects.isEmpty {
                left -= 1
                await perform(effects.removeFirst())
            } else if !events.isEmpty {
                host.mark("turn")
                effects = turns.take(events.removeFirst())
            } else if let next = due, next <= end {
                due = nil
                host.with { $0.now = max($0.now, next) }
                events.append(.timer)
            } else {
                return
            }
        }
    }

    /// Talks to the controller until both know the same.
    func converse(effects limit: Int = .max) async {
        if !link.isThere { events.append(.sessionBegan) }
        link.isThere = true
        effects += waiting
        waiting = []
        let wanted = host.world.controller.assignment
        if board.assignment < wanted.version {
            events.append(.assigned(wanted, journalled: AsyncStream.makeStream(of: Never.self).continuation))
        }
        await run(effects: limit)
        guard limit == .max else { return }
        await tell(.outboxAcknowledged(through: host.world.controller.newest))
        await sendOutbox()
    }

    /// The controller wants something else, and both come to rest.
    func give(_ item: AssignmentItem) async {
        host.with { $0.controller.want(item) }
        await converse()
    }

    /// How often the loop has turned, as a lease would say.
    func leaseTurn() async -> UInt64 {
        let (stream, continuation) = AsyncStream.makeStream(of: UInt64.self)
        events.append(.leaseTurn(continuation))
        await run()
        for await turn in stream { return turn }
        return 0
    }

    private func sendOutbox() async {
        while true {
            let told = board.outbox(after: host.world.controller.newest, limit: 256)
            guard !told.isEmpty else { return }
            host.mark("outcomes are stored")
            host.with { $0.controller.store(told) }
            await tell(.outboxAcknowledged(through: host.world.controller.newest))
        }
    }

    private func tell(_ event: SupervisorEvent) async {
        events.append(event)
        await run()
    }

    private func perform(_ effect: SupervisorEffect) async {
        switch effect {
        case .wake(let span): due = span.map { host.world.now + $0.milliseconds }
        case .holdPorts, .forget, .tidyEndpoints, .ready: break
        case .point(let aim, let deployment): point(aim, deployment)
        case .keep(let keep):
            bundles.collector.keep(keep)
            await bundles.collector.collect()
        case .keepWaysBack: break
        case .work(let work): await perform(work, of: effect)
        }
    }

    private func perform(_ work: ReplicaWork, of effect: SupervisorEffect) async {
        switch work {
        case .stage(let revision, _, let deployment, _, let staging):
            guard link.isThere || plan.isHere(revision, host.world.disk) else {
                waiting.append(effect)
                return
            }
            do {
                _ = try await bundles.ensure(try plan.bundle(of: revision))
                say(.staged(revision.digest, plan.update, staging), deployment)
            } catch {
                say(.stagingFailed(revision.digest, .init(staging: error), cause: "\(error)", staging), deployment)
            }
        case .check(let revision, _, let deployment, _, let staging):
            host.mark("check of revision \(revision.number)")
            say(.staged(revision.digest, plan.update, staging), deployment)
        case .start(let ticket, let launch, let attempt): await start(ticket, launch, attempt)
        case .watch(let running, let launch, _):
            guard let launch else { break }
            becomeReady(running.ticket, launch.revision)
        case .probe(let running, let launch):
            host.mark("probe of revision \(launch.revision.number)")
            if plan.faults[launch.revision.number] == .wrongAnswer {
                say(.probeFailed(attempt: running.ticket.attempt, cause: "another answer"), running.ticket.deployment)
            } else {
                host.with { _ = $0.answered.insert(launch.revision.digest) }
                say(.probePassed(attempt: running.ticket.attempt), running.ticket.deployment)
            }
        case .stop(let running, _, _, let attempt):
            end(running)
            attempt.ended()
            say(.stopped(attempt: running.ticket.attempt), running.ticket.deployment)
        case .detach: break
        case .say(let event, let deployment): say(event, deployment)
        }
    }

    private func point(_ aim: EndpointAim, _ deployment: String) {
        host.mark("endpoint \(aim)")
        switch aim {
        case .nowhere: host.with { $0.table = [:] }
        case .closed(let port): host.with { $0.table[port] = 0 }
        case .open(let port, let target, let attempt):
            host.with { $0.table[port] = port == target.port ? nil : target.port }
            say(.switched(attempt: attempt), deployment)
        }
    }

    private func start(_ ticket: ReplicaTicket, _ launch: ReplicaWorker.Launch, _ attempt: ReplicaAttempt) async {
        starts += 1
        do {
            _ = try await bundles.ensure(try plan.bundle(of: launch.revision))
        } catch {
            attempt.ended()
            return say(.startFailed(attempt: ticket.attempt, cause: "\(error)"), ticket.deployment)
        }
        guard attempt.launching() else { return say(.stopped(attempt: ticket.attempt), ticket.deployment) }
        host.mark("start of revision \(launch.revision.number)")
        var ticket = ticket
        let privatePort = 18000 + UInt16(ticket.attempt)
        ticket.ports = ["p": launch.endpoint?.port ?? privatePort]
        let running = host.with { [ticket] world in
            world.nextPid += 2
            let running = RunningReplica(
                ticket: ticket,
                handle: .shim(
                    ShimHandle(
                        shim: ProcessIdentity(pid: world.nextPid, startTime: 1),
                        child: ProcessIdentity(pid: world.nextPid + 1, startTime: 1),
                        boot: "\(world.boot)",
                        startedAt: world.now
                    )
                ),
                directory: "/data/replicas/\(ticket.directoryName)"
            )
            world.processes[ticket.directoryName] = running
            return running
        }
        guard attempt.launched(running) else { return end(running) }
        say(.started(attempt: ticket.attempt, running.instance), ticket.deployment)
        becomeReady(ticket, launch.revision)
    }

    private func becomeReady(_ ticket: ReplicaTicket, _ revision: Revision) {
        switch plan.faults[revision.number] {
        case .dies:
            host.mark("death of revision \(revision.number)")
            host.with { $0.processes[ticket.directoryName] = nil }
            say(.exited(attempt: ticket.attempt, cause: "exit code 1"), ticket.deployment)
        case .neverReady: say(.unready(attempt: ticket.attempt, cause: "answers 503"), ticket.deployment)
        case .wrongAnswer, nil: say(.ready(attempt: ticket.attempt), ticket.deployment)
        }
    }

    private func end(_ running: RunningReplica) {
        host.mark("stop of revision \(running.ticket.revision.number)")
        host.with { $0.processes[running.ticket.directoryName] = nil }
    }

    private func say(_ event: ReplicaEvent, _ deployment: String) {
        events.append(.replica(deployment: deployment, event))
    }
}
