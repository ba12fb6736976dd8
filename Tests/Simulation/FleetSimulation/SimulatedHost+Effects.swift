import Fleet
import ReplicaLifecycle

extension SimulatedHost {
    /// Begins what a machine has ordered.
    func begin(_ action: ReplicaAction, _ deployment: Int) {
        let dice = { [world] (range: ClosedRange<Int64>) in world.dice.time(range) }
        switch action {
        case .journal, .outcome, .watch: break
        case .stage(let revision, _): stage(revision, deployment)
        case .check(let revision, _):
            // Nothing is fetched; what was staged may have gone since.
            endStaging(deployment)
            nextStaging += 1
            replicas[deployment]?.staging = nextStaging
            later(deployment, .staging(revision.digest, token: nextStaging), dice(5...100))
        case .cancelStaging: endStaging(deployment)
        case .point(let pointing):
            replicas[deployment]?.wanted = pointing
            later(deployment, .pointing(pointing), dice(5...50))
        case .start(let attempt, let revision, let endpoint):
            later(deployment, .starting(attempt: attempt, revision, endpoint), dice(50...300))
        case .adopt(let attempt, _): later(deployment, .adopting(attempt: attempt), dice(50...500))
        case .probe(let attempt, let revision):
            guard !world.happens(.probeHangs) else { return }
            later(deployment, .probing(attempt: attempt, revision), dice(50...2000))
        case .stop(let attempt, _, let drain):
            world.monitor.stopOrdered(self, deployment, attempt)
            later(deployment, .stopping(attempt: attempt), drain == .long ? dice(1000...30_000) : dice(300...1500))
        case .hurry(let attempt): later(deployment, .stopping(attempt: attempt), dice(300...1500))
        case .detach(let attempt): later(deployment, .detaching(attempt: attempt), dice(300...1500))
        }
    }

    private func later(_ deployment: Int, _ work: SimulationEvent.ReplicaWork, _ span: Int64) {
        world.schedule(.done(host: index, deployment: deployment, life: life, work), after: span)
    }

    // MARK: Files

    private func stage(_ revision: Revision, _ deployment: Int) {
        endStaging(deployment)
        nextStaging += 1
        replicas[deployment]?.staging = nextStaging
        var span = world.dice.time(20...200)
        // Where there is no room nothing begins.
        if !files.contains(revision.digest), !isFull {
            span = world.dice.time(2000...60_000)
            if world.happens(.slowFetch) { span *= 10 }
            let isStalled = world.happens(.stalledFetch)
            if isStalled { span += world.dice.time(120_000...900_000) }
            replicas[deployment]?.isFetching = true
            replicas[deployment]?.fetchSite = world.store.hosts[index].site
            replicas[deployment]?.isStalled = isStalled
            replicas[deployment]?.fetched = 0
            if !isStalled, span > 30_000 { later(deployment, .fetching(token: nextStaging), 30_000) }
            world.monitor.fetchBegan(self, deployment)
        }
        later(deployment, .staging(revision.digest, token: nextStaging), span)
    }

    func endStaging(_ deployment: Int) {
        endFetch(deployment)
        replicas[deployment]?.staging = 0
    }

    func endFetch(_ deployment: Int) {
        guard replicas[deployment]?.isFetching == true else { return }
        replicas[deployment]?.isFetching = false
        world.monitor.fetchEnded(self, deployment)
    }

    private func staged(_ digest: Digest, _ token: Int, _ deployment: Int) {
        guard replicas[deployment]?.staging == token else { return }
        if replicas[deployment]?.isFetching == true {
            // What carries the files is down: the fetch waits, and goes on where it was.
            guard world.isConnected(self) else {
                return later(deployment, .staging(digest, token: token), world.dice.time(2000...10_000))
            }
            let failure: (ReplicaFailure.Kind, String)? =
                if isFull {
                    (.fetch, "no space is left on the disk")
                } else if world.happens(.failedFetch) {
                    (.fetch, "the controller has no blob of it")
                } else if world.happens(.wrongDigest) { (.digest, "a blob has another digest") } else { nil }
            if let failure {
                endStaging(deployment)
                return turn(deployment, .stagingFailed(digest, failure.0, failure.1))
            }
            files.insert(digest)
        }
        endStaging(deployment)
        guard files.contains(digest) || !isFull else {
            return turn(deployment, .stagingFailed(digest, .refused, "its files do not fit on the disk"))
        }
        guard files.contains(digest) else {
            return turn(deployment, .stagingFailed(digest, .fetch, "its files are not here any more"))
        }
        guard !world.happens(.refused) else {
            cleared[deployment].remove(digest)
            return turn(deployment, .stagingFailed(digest, .refused, "not enough memory is free"))
        }
        cleared[deployment].insert(digest)
        turn(deployment, .staged(digest, world.behaviour(digest).update))
    }

    // MARK: Processes

    /// What was begun ends.
    func ended(_ work: SimulationEvent.ReplicaWork, _ deployment: Int) {
        switch work {
        case .staging(let digest, let token): staged(digest, token, deployment)
        case .fetching(let token):
            guard replicas[deployment]?.staging == token, replicas[deployment]?.isFetching == true else { return }
            if world.isConnected(self) { replicas[deployment]?.fetched += 1 }
            tellLink()
            later(deployment, .fetching(token: token), 30_000)
        case .pointing(let pointing): point(pointing, deployment)
        case .starting(let attempt, let revision, let endpoint): start(attempt, revision, endpoint, deployment)
        case .adopting(let attempt):
            guard process(attempt, deployment)?.isReady == true else { return }
            turn(deployment, .ready(attempt))
        case .probing(let attempt, let revision): probe(attempt, revision, deployment)
        case .stopping(let attempt): stop(attempt, deployment)
        case .detaching(let attempt): turn(deployment, .counted(attempt, 0))
        }
    }

    private func process(_ attempt: UInt64, _ deployment: Int) -> Process? {
        processes[deployment].first { $0.attempt == attempt }
    }

    private func point(_ pointing: Pointing, _ deployment: Int) {
        guard replicas[deployment]?.wanted == pointing else { return }
        if world.happens(.switchFails) {
            later(deployment, .pointing(pointing), 2000)
            guard case .open(_, let attempt) = pointing else { return }
            return turn(deployment, .switchFailed(attempt, "nft is busy"))
        }
        guard case .open(_, let attempt) = pointing else { return kernel[deployment] = pointing }
        guard let process = process(attempt, deployment) else { return }
        if !proven[deployment].contains(process.revision.digest) {
            world.fail(
                "endpoint to unproven",
                "\(id): the endpoint of \(world.uids[deployment]) leads to revision \(process.revision.number), which passed no probe here"
            )
        }
        kernel[deployment] = pointing
        turn(deployment, .switched(attempt))
    }

    private func start(_ attempt: UInt64, _ revision: Revision, _ endpoint: Endpoint?, _ deployment: Int) {
        world.monitor.starts(self, deployment, revision.reference)
        replicas[deployment]?.hasRun = true
        // For longer than it takes to be presumed failed; it goes on alone meanwhile.
        if world.happens(.darkInMove) { world.cut([index], for: 600_000...3_600_000) }
        if world.happens(.crashInMove) { return die(power: false, downFor: 500...30_000) }
        let flaw = world.flaw(revision.digest, on: self)
        if flaw == .startFails || world.happens(.startFails) {
            return turn(deployment, .startFailed(attempt, "no such program"))
        }
        let port = endpoint?.port ?? 18_000 + UInt16(deployment % 16) * 1000 + UInt16(attempt % 1000)
        if processes[deployment].contains(where: { $0.ports["http"] == port }) {
            world.fail("one port, two processes", "\(id): port \(port) of \(world.uids[deployment])")
        }
        let process = Process(
            attempt: attempt,
            revision: revision.reference,
            ports: ["http": port],
            startedAt: wall
        )
        processes[deployment].append(process)
        let span = world.happens(.slowStart) ? world.dice.time(300_000...900_000) : world.dice.time(1000...20_000)
        switch flaw {
        case .diesBeforeReady: dies(attempt, deployment, after: span)
        case .neverReady: break
        default:
            world.schedule(
                .processTurns(host: index, deployment: deployment, attempt: attempt, isReady: true),
                after: span
            )
        }
        turn(deployment, .started(attempt, instance(of: process)))
    }

    private func dies(_ attempt: UInt64, _ deployment: Int, after span: Int64) {
        world.schedule(.processDies(host: index, deployment: deployment, attempt: attempt), after: span)
    }

    private func probe(_ attempt: UInt64, _ revision: Revision, _ deployment: Int) {
        guard process(attempt, deployment) != nil else { return }
        let flaw = world.flaw(revision.digest, on: self)
        if flaw == .wrongAnswer || world.happens(.probeFails) {
            return turn(deployment, .probeFailed(attempt, "expected 0, got 1"))
        }
        proven[deployment].insert(revision.digest)
        let isObserved = kernel[deployment] != .untouched
        if flaw == .unreadyWhileObserved {
            world.schedule(
                .processTurns(host: index, deployment: deployment, attempt: attempt, isReady: false),
                after: isObserved ? 1500 : 900
            )
        } else if flaw == .diesWhileObserved {
            dies(attempt, deployment, after: 1500)
        } else if world.behaviour(revision.digest).isUnsteady, !world.isQuiet {
            dies(attempt, deployment, after: world.dice.time(60_000...3_600_000))
        }
        turn(deployment, .probePassed(attempt))
    }

    private func stop(_ attempt: UInt64, _ deployment: Int) {
        if case .open(_, attempt) = kernel[deployment], process(attempt, deployment) != nil {
            guard replicas[deployment]?.wanted != kernel[deployment] else {
                return world.fail(
                    "stop of what answers",
                    "\(id): attempt \(attempt) of \(world.uids[deployment]) goes while the endpoint is to lead to it"
                )
            }
            return later(deployment, .stopping(attempt: attempt), 100)
        }
        guard process(attempt, deployment) != nil else { return turn(deployment, .stopped(attempt)) }
        processes[deployment].removeAll { $0.attempt == attempt }
        turn(deployment, .stopped(attempt))
    }

    /// A process ends by itself.
    func processDied(_ attempt: UInt64, _ deployment: Int, _ cause: String = "killed by signal 9") {
        guard process(attempt, deployment) != nil else { return }
        processes[deployment].removeAll { $0.attempt == attempt }
        turn(deployment, .exited(attempt, cause))
    }

    /// A process's model becomes ready, or stops being so.
    func processTurned(_ attempt: UInt64, _ deployment: Int, isReady: Bool) {
        guard let place = processes[deployment].firstIndex(where: { $0.attempt == attempt }) else { return }
        processes[deployment][place].isReady = isReady
        if !isReady {
            // It comes back, unless the version is to blame.
            if world.flaw(processes[deployment][place].revision.digest, on: self) == nil {
                world.schedule(
                    .processTurns(host: index, deployment: deployment, attempt: attempt, isReady: true),
                    after: world.dice.time(2000...60_000)
                )
            }
            return turn(deployment, .unready(attempt, "answers 503"))
        }
        turn(deployment, .ready(attempt))
    }
}
