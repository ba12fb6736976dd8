import Fleet
import FleetAgent
import ReplicaLifecycle
import SessionLifecycle

/// A host: its disk, what runs on it, and the agent that looks after it: real machines over a simulated world.
///
/// A turn of the agent is as in FleetAgent: machines take what came, what they say is journalled at once, and only then
/// is anything begun.
final class SimulatedHost {
    /// A model server. It outlives the agent, not the power.
    struct Process {
        var attempt: UInt64
        var revision: RevisionReference
        var ports: [String: UInt16]
        var startedAt: Instant
        var isReady = false
    }

    /// What the agent has in memory of one deployment. An object: a value so large would be copied by every look at it.
    final class Replica {
        var machine: ReplicaStateMachine
        /// When the timer is set for.
        var timer: Instant?
        /// Which staging is under way; 0 when none is.
        var staging = 0
        /// Whether it is fetching, and not only looking.
        var isFetching = false
        /// The site at which its fetch counts.
        var fetchSite = 0
        /// Whether nothing comes of what it fetches.
        var isStalled = false
        /// What was fetched, in units of progress.
        var fetched: Int64 = 0
        /// Where the endpoint was last told to lead.
        var wanted: Pointing
        /// What was last told about it.
        var told: TargetState = .pending
        /// Whether something of it has run since the agent started.
        var hasRun = false
        /// The holds that were in the journal when the agent started.
        var holdsFound: [Hold] = []
        /// The candidate that was under way in the journal when the agent started.
        var unproven: ReplicaRecord.Unproven?

        init(machine: ReplicaStateMachine, wanted: Pointing) {
            self.machine = machine
            self.wanted = wanted
        }
    }

    let index: Int
    let id: String
    let site: Int
    let means: EndpointMeans
    unowned let world: SimulationWorld

    // On disk, in the kernel, and in the hands of others.
    var disk: HostDisk
    /// Until when no space is left on it.
    var fullUntil = Instant(milliseconds: 0)
    /// Until when nothing can be written to the journal.
    var brokenUntil = Instant(milliseconds: 0)
    /// The revisions whose files are here, by their digests.
    var files: Set<Digest> = []
    var processes: [[Process]] = []
    var kernel: [Pointing] = []
    /// What has passed its probe here since the host was installed, by deployment.
    var proven: [Set<Digest>] = []
    /// Staged and allowed by its last look at the host, by deployment.
    var cleared: [Set<Digest>] = []
    /// What leads from the history's time to the host's time of day.
    var wallShift: Int64 = 0

    // The agent's memory.
    var isPowered = false
    var isAgentUp = false
    /// Whether it never comes back.
    var isGone = false
    var life = 0
    var replicas: [Replica?] = []
    /// What turns have brought that the journal could not take.
    var waiting: (parts: [(Int, [ReplicaAction])], records: [JournalRecord]) = ([], [])
    /// What the link was last told of replicas: while the journal cannot be written, nothing else.
    var shown: [ReplicaReport] = []
    var assigned: Set<String>?
    var steadyShift: Int64 = 0
    var nextStaging = 0

    // The link.
    var session: AgentSession?
    var sessionID = 0
    var sessionBegan = Instant(milliseconds: 0)
    var backoff = ReconnectBackoff()

    init(index: Int, site: Int, means: EndpointMeans, world: SimulationWorld) {
        self.index = index
        self.site = site
        self.means = means
        self.world = world
        id = "h-\(index)"
        let isReal = world.scenario.usesDatabase
        disk = HostDisk(dice: isReal ? SimulationDice(seed: world.scenario.seed, stream: 1000 + UInt64(index)) : nil)
    }

    /// The time that machines are told.
    var steady: Instant { Instant(milliseconds: world.now.milliseconds + steadyShift) }
    /// The host's time of day.
    var wall: Instant { Instant(milliseconds: world.now.milliseconds + wallShift) }

    /// Makes room for a deployment's number.
    func makeRoom(for deployment: Int) {
        while replicas.count <= deployment {
            replicas.append(nil)
            processes.append([])
            kernel.append(.untouched)
            proven.append([])
            cleared.append([])
        }
    }

    // MARK: Power and life

    func powerOn() {
        guard !isPowered, !isGone else { return }
        isPowered = true
        for index in kernel.indices {
            if case .open(let endpoint, _) = kernel[index] { kernel[index] = .closed(endpoint) }
        }
        world.schedule(.agentStarts(host: index), after: world.dice.time(500...20_000))
    }

    /// The agent starts: reads its journal, and takes over or starts what was verified last.
    func startAgent() {
        guard isPowered, !isAgentUp, !isGone else { return }
        isAgentUp = true
        life += 1
        steadyShift = wallShift
        assigned = nil
        brokenUntil = world.now
        disk.setBroken(false)
        if let problem = disk.reopen() { world.fail("journal", "\(id): \(problem)") }
        replicas = replicas.map { _ in nil }
        var parts: [(Int, [ReplicaAction])] = []
        for index in processes.indices {
            let uid = world.uids[index]
            let found = processes[index].reversed().map { process in
                ReplicaProcess(attempt: process.attempt, revision: process.revision, instance: instance(of: process))
            }
            let record = disk.state.replicas[uid]
            guard record != nil || !found.isEmpty else { continue }
            let machine = ReplicaStateMachine(
                record: record ?? ReplicaRecord(deployment: uid),
                means: means,
                at: steady
            )
            let replica = Replica(machine: machine, wanted: kernel[index])
            replica.hasRun = !found.isEmpty
            replica.holdsFound = record?.holds ?? []
            replica.unproven = record?.unproven
            replicas[index] = replica
            let pointed: UInt64? = if case .open(_, let attempt) = kernel[index] { attempt } else { nil }
            world.count()
            let actions = replica.machine.restarted(found: found, pointed: pointed, at: steady)
            if let record { world.monitor.agentStarted(self, record, actions) }
            parts.append((index, actions))
        }
        commit(parts, [])
        if isAgentUp { world.schedule(.dial(host: index, life: life), after: world.dice.time(100...2000)) }
    }

    /// The agent dies; with the power, everything that runs too.
    func die(power: Bool, downFor: ClosedRange<Int64>) {
        if isAgentUp {
            isAgentUp = false
            life += 1
            for index in replicas.indices { endFetch(index) }
            replicas = replicas.map { _ in nil }
            waiting = ([], [])
            shown = []
            session = nil
            sessionID = 0
            world.agentDied(self)
        }
        if power, isPowered {
            isPowered = false
            disk.losePower()
            processes = processes.map { _ in [] }
            world.monitor.powerWasCut(self)
        }
        guard !isGone else { return }
        world.schedule(
            power ? .powerOn(host: index) : .agentStarts(host: index),
            after: world.dice.time(downFor)
        )
    }

    /// Everything on it is lost; its identity is not.
    func reinstall() {
        die(power: true, downFor: 60_000...1_800_000)
        disk.wipe()
        fullUntil = world.now
        files = []
        kernel = kernel.map { _ in .untouched }
        proven = proven.map { _ in [] }
        cleared = cleared.map { _ in [] }
        world.monitor.wasReinstalled(self)
    }

    func instance(of process: Process) -> ReplicaReport.Instance {
        ReplicaReport.Instance(
            pid: Int32(truncatingIfNeeded: process.attempt),
            ports: process.ports,
            startedAt: process.startedAt,
            restarts: 0
        )
    }
}
