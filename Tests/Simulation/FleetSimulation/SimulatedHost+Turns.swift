import Fleet
import FleetAgent
import ReplicaLifecycle

extension SimulatedHost {
    /// What one machine hears.
    enum Word {
        case item(AssignmentItem)
        case staged(Digest, RuntimeProfile.Update)
        case stagingFailed(Digest, ReplicaFailure.Kind, String)
        case started(UInt64, ReplicaReport.Instance)
        case startFailed(UInt64, String)
        case ready(UInt64)
        case unready(UInt64, String)
        case exited(UInt64, String)
        case stopped(UInt64)
        case switched(UInt64)
        case switchFailed(UInt64, String)
        case counted(UInt64, Int)
        case probePassed(UInt64)
        case probeFailed(UInt64, String)
        case timer
        case sessionBegan
        case sessionLost(since: Instant)
    }

    /// One turn of the agent about one deployment.
    func turn(_ deployment: Int, _ word: Word) {
        guard isAgentUp, let actions = tell(deployment, word) else { return }
        commit([(deployment, actions)], [])
    }

    private func tell(_ deployment: Int, _ word: Word) -> [ReplicaAction]? {
        guard deployment < replicas.count, replicas[deployment] != nil else { return nil }
        world.count()
        let now = steady
        switch word {
        case .item(let item): return replicas[deployment]?.machine.assignmentReceived(item, at: now)
        case .staged(let digest, let update):
            return replicas[deployment]?.machine.staged(digest, update: update, at: now)
        case .stagingFailed(let digest, let kind, let cause):
            return stagingFailed(deployment, digest, kind, cause)
        case .started(let attempt, let instance):
            return replicas[deployment]?.machine.started(attempt: attempt, instance: instance, at: now)
        case .startFailed(let attempt, let cause):
            return replicas[deployment]?.machine.startFailed(attempt: attempt, cause: cause, at: now)
        case .ready(let attempt): return replicas[deployment]?.machine.becameReady(attempt: attempt, at: now)
        case .unready(let attempt, let cause):
            return replicas[deployment]?.machine.becameUnready(attempt: attempt, cause: cause, at: now)
        case .exited(let attempt, let cause):
            return replicas[deployment]?.machine.processExited(attempt: attempt, cause: cause, at: now)
        case .stopped(let attempt): return replicas[deployment]?.machine.stopped(attempt: attempt, at: now)
        case .switched(let attempt): return replicas[deployment]?.machine.switched(attempt: attempt, at: now)
        case .switchFailed(let attempt, let cause):
            return replicas[deployment]?.machine.switchFailed(attempt: attempt, cause: cause, at: now)
        case .counted(let attempt, let count):
            return replicas[deployment]?.machine.connectionsCounted(attempt: attempt, count, at: now)
        case .probePassed(let attempt): return replicas[deployment]?.machine.probePassed(attempt: attempt, at: now)
        case .probeFailed(let attempt, let cause):
            return replicas[deployment]?.machine.probeFailed(attempt: attempt, cause: cause, at: now)
        case .timer: return replicas[deployment]?.machine.timerFired(at: now)
        case .sessionBegan: return replicas[deployment]?.machine.sessionBegan(at: now)
        case .sessionLost(let since): return replicas[deployment]?.machine.sessionLost(since: since, at: now)
        }
    }

    /// A host that waits for its turn in a rollback counts the time without a session.
    func tellSession(_ word: Word) {
        for deployment in replicas.indices where replicas[deployment] != nil { turn(deployment, word) }
    }

    private func stagingFailed(
        _ deployment: Int,
        _ digest: Digest,
        _ kind: ReplicaFailure.Kind,
        _ cause: String
    ) -> [ReplicaAction]? {
        replicas[deployment]?.machine.stagingFailed(digest, kind, cause: cause, at: steady)
    }

    /// An assignment arrived.
    func take(_ assignment: Assignment) {
        guard isAgentUp, assignment.version >= disk.state.applying(waiting.records).assignment else { return }
        var parts: [(Int, [ReplicaAction])] = []
        for item in assignment.items {
            let deployment = world.number(of: item.deployment)
            makeRoom(for: deployment)
            if replicas[deployment] == nil {
                let record = ReplicaRecord(deployment: item.deployment)
                replicas[deployment] = Replica(
                    machine: ReplicaStateMachine(record: record, means: means, at: steady),
                    wanted: kernel[deployment]
                )
            }
            let isSame = replicas[deployment]?.machine.record.item == item
            let actions = tell(deployment, .item(item)) ?? []
            if isSame, !actions.isEmpty {
                world.fail(
                    "edit disturbs another",
                    "\(id): an unchanged item of \(item.deployment) has moved it: \(actions)"
                )
            }
            parts.append((deployment, actions))
        }
        assigned = Set(assignment.items.map(\.deployment))
        commit(parts, [.assignment(assignment.version)])
    }

    /// Journals what a turn brought, and begins what it orders. The agent may die at every point of it.
    func commit(_ news: [(Int, [ReplicaAction])], _ more: [JournalRecord]) {
        let records = waiting.records + records(of: news) + more
        let parts = waiting.parts + news
        if !records.isEmpty {
            if !disk.isBroken, world.happens(.crashAtWrite) {
                let power = world.dice.chance(0.3)
                let cut = world.dice.pick(HostDisk.Cut.allCases)
                disk.cut(records, cut, share: world.dice.fraction(), power: power)
                return die(power: power, downFor: 1000...60_000)
            }
            let before = disk.state.assignment
            // What cannot be remembered does not begin: it waits, and what runs goes on.
            guard disk.append(records) else {
                waiting = (parts, records)
                for (deployment, _) in news { world.monitor.heldBack(self, deployment) }
                return
            }
            waiting = ([], [])
            world.monitor.journalled(self, before: before)
            forgetRemoved()
        }
        for (deployment, actions) in parts { for action in actions { begin(action, deployment) } }
        for (deployment, _) in parts { settle(deployment) }
        if parts.isEmpty { tellLink() }
    }

    /// What is to be remembered of what machines have said.
    private func records(of parts: [(Int, [ReplicaAction])]) -> [JournalRecord] {
        var records: [JournalRecord] = []
        var newest: UInt64?
        for (deployment, actions) in parts {
            for action in actions {
                switch action {
                case .journal(let record): records.append(.replica(record))
                case .outcome(let item, let revision, let kind):
                    let sequence = (newest ?? disk.state.applying(waiting.records).lastOutcome) + 1
                    newest = sequence
                    let outcome = HostOutcome(
                        sequence: sequence,
                        deployment: world.uids[deployment],
                        item: item,
                        revision: revision,
                        kind: kind,
                        at: wall
                    )
                    records.append(.outcome(outcome))
                default: break
                }
            }
        }
        return records
    }

    /// After a turn: timers, the link, what may go from the disk, what must hold.
    private func settle(_ deployment: Int) {
        guard isAgentUp else { return }
        setTimer(deployment)
        collectFiles(deployment)
        world.monitor.turned(self, deployment)
        tellLink()
    }

    func setTimer(_ deployment: Int) {
        guard let replica = replicas[deployment], let deadline = replica.machine.deadline else { return }
        let due = max(deadline + Span(milliseconds: -steadyShift), world.now)
        if let timer = replica.timer, timer <= due { return }
        replicas[deployment]?.timer = due
        world.schedule(.timer(host: index, deployment: deployment, life: life), at: due)
    }

    func timerFired(_ deployment: Int) {
        guard let replica = replicas[deployment] else { return }
        if let timer = replica.timer, timer > world.now { return }
        replicas[deployment]?.timer = nil
        if let deadline = replica.machine.deadline, deadline <= steady {
            turn(deployment, .timer)
        } else {
            setTimer(deployment)
        }
    }

    /// Takes what nothing protects from the disk.
    private func collectFiles(_ deployment: Int) {
        guard let replica = replicas[deployment], replica.machine.state.isTerminal, !replica.machine.hasUnknownProcess,
            world.dice.chance(0.05)
        else { return }
        let keep = Set(replica.machine.record.protectedRevisions.map(\.digest))
        let own = world.digests[deployment].filter { files.contains($0) && !keep.contains($0) }
        world.monitor.collected(self, deployment, own)
        for digest in own {
            files.remove(digest)
            cleared[deployment].remove(digest)
        }
    }

    /// Forgets what was stopped for good, once the controller knows and asks for it no more.
    private func forgetRemoved() {
        guard let assigned else { return }
        for deployment in replicas.indices {
            guard let replica = replicas[deployment], replica.machine.isRemoved,
                !assigned.contains(world.uids[deployment]),
                !disk.state.outbox.contains(where: { $0.deployment == world.uids[deployment] })
            else { continue }
            disk.append([.forgotten(deployment: world.uids[deployment])])
            world.monitor.forgot(self, deployment)
            replicas[deployment] = nil
        }
    }
}
