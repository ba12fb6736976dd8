import Fleet
import FleetAgent
import FleetPlanning
import ReplicaLifecycle
import SessionLifecycle

/// Watches a history from outside: what hosts really do, against what the rules allow. It knows nothing of how the planner
/// decides, and what it does at a step costs as much as the step has changed.
final class FleetMonitor {
    /// What is known of one deployment on one host.
    struct Ground {
        /// Whether it is between the start of a move that was ordered and its end.
        var isMoving = false
        /// Whether that move counts against no budget any more, or never did: why.
        var isExempt = false
        /// Orders through this number were given up: the host was dark for so long that others had their turn, or the store
        /// that gave them was lost. They cannot be taken back from a host that nobody hears, so what it does about them
        /// counts against no budget; what it was told afterwards does.
        var givenUp: UInt64 = 0
        /// The newest order to turn round that it was given while it served nothing: nobody is taken out of service by that,
        /// though it may serve again when the order arrives.
        var downItem: UInt64 = 0
        /// The order that it got while somebody had it pinned: what it does about that when they let go counts against no
        /// budget either.
        var pinnedItem: UInt64 = 0
        /// Whether its fetch is of such an order, or was begun by itself.
        var isFetchGivenUp = false
        /// The newest order that it had when somebody there last ordered something of the agent: what it does about that when
        /// they let go counts against no budget (DESIGN §8); what it was told afterwards does.
        var localItem: UInt64 = 0
        /// Whether it waits for its next try to fetch: its slot is another's meanwhile.
        var isRetrying = false
        /// What it kept because a rollback had nowhere to lead to; lifting the hold moves nothing.
        var kept: Digest?
        /// What it served before the present passage, as it was last seen.
        var previous: Digest?
        /// Where it went back to because nothing was wanted any more: what had served before.
        var home: Digest?
        /// The rollout that went on without it.
        var excusedFrom: String?
        /// Whether what stands here serves nothing now.
        var isDown = false
        /// Whether it was going somewhere after its last turn.
        var isOnItsWay = false
        /// What is condemned and stands here.
        var condemned: Set<Digest> = []
        /// What was left because it was condemned, with the holds of then.
        var left: [Digest: [String]] = [:]
        /// What was verified here, ever.
        var verified: [Digest: Instant] = [:]
        /// The newest item's number, and its epoch.
        var item = AssignmentVersion.none
        /// Whether the host was installed anew and has not been verified since.
        var isFresh = false
        /// Whether somebody there has ordered something of the agent, and the controller has not had its way again since.
        var isLocal = false
        /// The candidate on its way up.
        var candidate: Candidate?
    }

    /// What is known of one deployment.
    struct Course {
        /// How many hosts move now and count.
        var moving = 0
        /// The budgets that were in force, and since when; the newest last.
        var limits: [(since: Instant, limit: Int)] = []
        /// The digests that ever succeeded.
        var succeeded: Set<Digest> = []
        /// How long the newest rollout could go on, by this watch.
        var active = ActiveClock()
        var rollout: String?
        /// Which rollouts have ended, and how.
        var ended: [String: Rollout.State] = [:]
        /// Since when its abort waits for nobody who can be reached.
        var idleSince: Instant?
        /// What that showed when its newest wave was done; `nil` while that is not known.
        var bakedFrom: Span?
    }

    unowned let world: SimulationWorld
    var ground: [[Ground]]
    var courses: [Course] = []
    var fetching: [Int]
    var reached: [String: Int] = [:]
    /// Facts that were acknowledged, by host.
    var acknowledgedFacts: [UInt64]
    /// Facts that the store has, by host, without their numbers.
    var storedFacts: [Set<HostOutcome>]
    var restoredAt: Instant?

    init(world: SimulationWorld) {
        self.world = world
        ground = Array(repeating: [], count: world.scenario.hosts)
        fetching = Array(repeating: 0, count: world.scenario.spareSite + 1)
        acknowledgedFacts = Array(repeating: 0, count: world.scenario.hosts)
        storedFacts = Array(repeating: [], count: world.scenario.hosts)
    }

    /// Whether a person's transaction that lifts a hold is under way.
    var isLifting = false
    /// Since when entries of rollbacks are open that nothing keeps open.
    var loose: [String: Instant] = [:]

    func reach(_ what: String) { reached[what, default: 0] += 1 }

    func makeRoom(_ deployment: Int) {
        while courses.count <= deployment { courses.append(Course()) }
        for host in ground.indices {
            while ground[host].count <= deployment { ground[host].append(Ground()) }
        }
    }

    // MARK: Hosts

    /// Records are on the disk.
    func journalled(_ host: SimulatedHost, before: AssignmentVersion) {
        if host.disk.state.assignment < before {
            world.fail("generation goes back", "\(host.id): \(before) → \(host.disk.state.assignment)")
        }
    }

    /// A machine has taken an event, and what it said is done or begun.
    func turned(_ host: SimulatedHost, _ deployment: Int) {
        makeRoom(deployment)
        guard let machine = host.replicas[deployment]?.machine else { return }
        let record = machine.record
        note(item: record, host, deployment)
        let state = machine.state
        if host.replicas[deployment]?.told != state {
            host.replicas[deployment]?.told = state
            reach("host \(state.rawValue)")
        }
        let told = world.store.hosts[host.index].items[deployment]?.number
        if state.isTerminal, record.item?.number == told, record.pin == nil {
            ground[host.index][deployment].isLocal = false
        }
        if state == .revertFailed, let standing = record.standing {
            ground[host.index][deployment].kept = standing.digest
        }
        noteHome(record, host, deployment)
        move(record, host, deployment)
        watchCandidate(record, state, host, deployment)
        let report = machine.report()
        ground[host.index][deployment].isRetrying = state == .staging && report.failure != nil
        watchCondemned(record, report, host, deployment)
        watchTurn(record, host, deployment)
        ground[host.index][deployment].isDown = record.standing != nil && record.serving == nil
        keep(record, host, deployment)
    }

    private func note(item record: ReplicaRecord, _ host: SimulatedHost, _ deployment: Int) {
        guard let item = record.item else { return }
        let version = AssignmentVersion(epoch: host.disk.state.assignment.epoch, generation: item.number)
        let known = ground[host.index][deployment].item
        if version.epoch == known.epoch, version < known {
            world.fail("item goes back", "\(host.id): item \(item.number) of \(item.deployment) after \(known)")
        }
        ground[host.index][deployment].item = version
    }

    /// The budget of moves: counted from what the host really does.
    private func move(_ record: ReplicaRecord, _ host: SimulatedHost, _ deployment: Int) {
        var isMoving = false
        if let passage = record.passage, case .converge? = record.item?.order {
            switch passage.purpose {
            case .candidate, .comeback, .revert: isMoving = true
            case .rollback, .local, .restart: break
            }
        }
        let was = ground[host.index][deployment]
        guard isMoving != was.isMoving else { return }
        ground[host.index][deployment].isMoving = isMoving
        if isMoving {
            // What a host does after its disk was lost nobody has ordered now. One that has stopped serving by itself is
            // turned round at once: several may have stopped, and nobody is taken out of service by it.
            let number = record.item?.number ?? 0
            let isExempt =
                was.isFresh || was.isDown || was.isLocal || number <= was.givenUp
                || number == was.downItem || number == was.pinnedItem
            ground[host.index][deployment].isExempt = isExempt
            guard !isExempt else { return }
            courses[deployment].moving += 1
            checkMoving(host, deployment)
        } else {
            if !was.isExempt { courses[deployment].moving -= 1 }
            ground[host.index][deployment].isExempt = false
        }
    }

    private func checkMoving(_ host: SimulatedHost, _ deployment: Int) {
        let limit = courses[deployment].limits.map(\.limit).max() ?? 1
        if courses[deployment].moving > limit {
            exemptLost()
            exemptRemoved(deployment)
        }
        guard courses[deployment].moving > limit else { return }
        let others = world.hosts.filter {
            ground[$0.index][deployment].isMoving && !ground[$0.index][deployment].isExempt
        }
        world.fail(
            "maxInFlight",
            "\(world.uids[deployment]): \(courses[deployment].moving) hosts move, at most \(limit) may: "
                + others.map(\.id).joined(separator: " ")
        )
    }

    /// Hosts that were told in the middle of their move to stop for good: they are never verified, and have a budget of
    /// their own.
    private func exemptRemoved(_ deployment: Int) {
        for host in ground.indices where world.store.hosts[host].items[deployment]?.order == .remove {
            guard ground[host][deployment].isMoving, !ground[host][deployment].isExempt else { continue }
            ground[host][deployment].isExempt = true
            courses[deployment].moving -= 1
        }
    }

    /// Hosts that have been dark for so long that nobody waits for them.
    func exemptLost() {
        for host in world.hosts { noteReturn(of: host.index) }
    }

    /// A host is or was dark until now: after some time it counts no more.
    func noteReturn(of host: Int) {
        // The controller counts from the last lease, the watch from when leases stopped.
        let late = PlanningTimes.dark.milliseconds - world.controller.rule.interval.milliseconds
        if let dark = world.darkSince[host], (world.now - dark).milliseconds >= late { return exempt(host) }
        // A link that came for a moment renews no lease.
        let controller = world.controller
        if let dark = controller.outOfReach[host], controller.now - dark >= PlanningTimes.dark { exempt(host) }
    }

    /// A host has been dark for so long that it may count no more.
    func exempt(_ host: Int) {
        for deployment in ground[host].indices {
            let machine = world.hosts[host].replicas[deployment]?.machine
            let told = world.store.hosts[host].items[deployment]?.number
            let isAtRest = machine.map { $0.state.isTerminal || $0.state == .pending || $0.state == .staged } ?? false
            let uid = world.uids[deployment]
            let said = world.controller.reports[host]?.replicas.first { $0.deployment == uid }
            // The controller may not have heard yet how it ended.
            let isHeard = said.map { $0.item == told && ($0.state.isTerminal || $0.state == .staged) } ?? false
            if let told, !isAtRest || !isHeard || machine?.record.item?.number != told {
                ground[host][deployment].givenUp = max(told, ground[host][deployment].givenUp)
                ground[host][deployment].isFetchGivenUp = world.hosts[host].replicas[deployment]?.isFetching == true
            }
            guard ground[host][deployment].isMoving, !ground[host][deployment].isExempt else { continue }
            ground[host][deployment].isExempt = true
            courses[deployment].moving -= 1
        }
    }

    /// What DESIGN §1 allows to be kept, and that its files are here.
    private func keep(_ record: ReplicaRecord, _ host: SimulatedHost, _ deployment: Int) {
        let proven = host.proven[deployment]
        let known = courses[deployment].succeeded
        for good in record.good where !(proven.contains(good.digest) && known.contains(good.digest)) {
            world.fail(
                "good",
                "\(host.id): revision \(good.number) of \(record.deployment) is good, but was not proven here or has not succeeded"
            )
        }
        for (name, reference) in [
            ("provisional", record.provisional), ("previous", record.previous), ("standing", record.standing),
        ] {
            guard let reference, !proven.contains(reference.digest) else { continue }
            world.fail(
                name,
                "\(host.id): revision \(reference.number) of \(record.deployment) is \(name), but was not proven here"
            )
        }
        for reference in [record.serving, record.standing, record.previous].compactMap({ $0 })
        where !host.files.contains(reference.digest) {
            world.fail(
                "files",
                "\(host.id): the files of revision \(reference.number) of \(record.deployment) are gone"
            )
        }
        if let serving = record.serving, record.standing?.digest == serving.digest, record.passage == nil {
            if ground[host.index][deployment].verified[serving.digest] == nil {
                ground[host.index][deployment].verified[serving.digest] = world.now
            }
            ground[host.index][deployment].isFresh = false
        }
    }

    /// Files are taken from the disk: never those that DESIGN §1 protects.
    func collected(_ host: SimulatedHost, _ deployment: Int, _ gone: [Digest]) {
        guard let record = host.replicas[deployment]?.machine.record else { return }
        let wayBack = record.good.last { good in
            !record.holds.contains { $0.condemns(good) } && good.written != record.serving?.written
                && good.digest != record.serving?.digest
        }
        for reference in [record.serving, record.standing, record.previous, record.provisional, wayBack].compactMap({
            $0
        })
        where gone.contains(reference.digest) {
            world.fail(
                "collected",
                "\(host.id): the files of revision \(reference.number) of \(record.deployment) are taken"
            )
        }
    }

    /// A process is started.
    func starts(_ host: SimulatedHost, _ deployment: Int, _ revision: RevisionReference) {
        guard let record = host.replicas[deployment]?.machine.record else { return }
        startsCondemned(host, deployment, revision)
        startsCandidate(host, deployment, revision)
        // What was overtaken before it began is stopped as soon as it is there.
        let isWanted = [record.passage?.goal, record.standing].contains { $0?.digest == revision.digest }
        if isWanted, !host.files.contains(revision.digest) {
            world.fail("start without files", "\(host.id): revision \(revision.number) of \(record.deployment)")
        }
        guard let passage = record.passage, passage.goal.digest == revision.digest else { return }
        switch passage.purpose {
        case .candidate:
            // One that was begun before the hold came is stopped as soon as it is there.
            if record.condemns(revision), host.replicas[deployment]?.machine.state != .reverting {
                world.fail(
                    "condemned candidate",
                    "\(host.id): revision \(revision.number) of \(record.deployment) is started"
                )
            }
            if !host.cleared[deployment].contains(revision.digest) {
                world.fail("start without preflight", "\(host.id): revision \(revision.number) of \(record.deployment)")
            }
        case .comeback, .rollback, .local, .revert, .restart: break
        }
    }

    /// A process is told to stop.
    func stopOrdered(_ host: SimulatedHost, _ deployment: Int, _ attempt: UInt64) {
        guard let machine = host.replicas[deployment]?.machine, host.means == .switched,
            machine.record.item?.order != .remove,
            let passage = machine.record.passage, case .candidate = passage.purpose,
            world.behaviour(passage.goal.digest).update == .sideBySide,
            let old = host.processes[deployment].first(where: { $0.attempt == attempt }),
            old.revision.digest == machine.record.standing?.digest, !machine.record.condemns(old.revision)
        else { return }
        // Recreated where the old process has the stable port itself.
        guard passage.endpoint.map({ !old.ports.values.contains($0.port) }) ?? true else { return }
        if machine.record.standingAttempt == attempt {
            world.fail(
                "sideBySide",
                "\(host.id): the old process of \(machine.record.deployment) stops before the new one is proven"
            )
        }
    }

    func forgot(_ host: SimulatedHost, _ deployment: Int) {
        makeRoom(deployment)
        if !host.processes[deployment].isEmpty {
            world.fail(
                "forgotten alive",
                "\(host.id): \(world.uids[deployment]) is forgotten, and something of it runs"
            )
        }
    }

    /// Somebody on a host pins, unpins or goes back: the host has the last word (DESIGN §8: "only a local pin on the host
    /// stops it"), and when it lets go it follows an order that was within the budgets when it was given.
    func orderedLocally(_ host: SimulatedHost, _ deployment: Int) {
        reach("ordered on the host")
        makeRoom(deployment)
        ground[host.index][deployment].isLocal = true
        ground[host.index][deployment].localItem = host.replicas[deployment]?.machine.record.item?.number ?? 0
        // A move under way is theirs from now on.
        guard ground[host.index][deployment].isMoving, !ground[host.index][deployment].isExempt else { return }
        ground[host.index][deployment].isExempt = true
        courses[deployment].moving -= 1
    }

    func powerWasCut(_ host: SimulatedHost) {}

    func wasReinstalled(_ host: SimulatedHost) {
        reach("reinstalled")
        for deployment in ground[host.index].indices {
            if ground[host.index][deployment].isMoving, !ground[host.index][deployment].isExempt {
                courses[deployment].moving -= 1
            }
            let verified = ground[host.index][deployment].verified
            let givenUp = ground[host.index][deployment].givenUp
            ground[host.index][deployment] = Ground(givenUp: givenUp, verified: verified, isFresh: true)
        }
        acknowledgedFacts[host.index] = 0
    }

    func relabelled(_ host: SimulatedHost) {}

    func wasRestored() {
        reach("restored")
        restoredAt = world.now
        // What the backup does not know may come again, under the same names, and end otherwise.
        for deployment in courses.indices {
            let old = world.store.rows[deployment]?.rollout
            courses[deployment].ended = old.map { $0.state.isTerminal ? [$0.id: $0.state] : [:] } ?? [:]
            courses[deployment].bakedFrom = nil
        }
        for host in ground.indices {
            exempt(host)
            acknowledgedFacts[host] = 0
            let generation = world.store.hosts[host].generation
            for deployment in ground[host].indices { ground[host][deployment].givenUp = generation }
        }
    }
}
