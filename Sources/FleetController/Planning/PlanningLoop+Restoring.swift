import Fleet
import FleetStore
import Logging
import Synchronization

extension PlanningLoop {
    /// Decides about hosts that say that they have seen more than the store has given: ``RestoreWatch``.
    ///
    /// - Returns: whether planning may go on.
    func judgeClaims() async -> Bool {
        while true {
            switch restore.verdict(
                enrolled: directory.all.count { !$0.host.isRevoked },
                now: environment.steady()
            ) {
            case .nothing:
                markQuarantined()
                return true
            case .resumed: for entry in directory.all { entry.sendNewest() }
            case .undecided: return false
            case .doubtful: continue
            case .restored(let claims): guard await freeze(claims) else { return false }
            }
        }
    }

    /// Planning and people are told of hosts that are in quarantine now.
    private func markQuarantined() {
        for (id, claim) in restore.quarantined.sorted(by: { $0.key < $1.key }) {
            guard let entry = directory[id], entry.quarantine?.claim != claim else { continue }
            let since = entry.quarantine?.since ?? environment.steady()
            entry.state.withLock { $0.quarantine = HostQuarantine(claim: claim, since: since) }
            // It may have taken its claim back meanwhile.
            guard restore.isDoubtful(id) else {
                release([id])
                continue
            }
            logger.error(
                "a host is in quarantine: it alone has seen what this store does not know",
                metadata: ["host": "\(entry.host.name)", "next": "muster explain host/\(entry.host.name)"]
            )
            hostChanged(id)
        }
    }

    /// Stores that hosts have seen what this store has not given: a higher epoch, and nothing moves.
    private func freeze(_ sightings: [String: AssignmentVersion]) async -> Bool {
        guard let highest = sightings.max(by: { $0.value < $1.value }) else { return true }
        let name = directory[highest.key]?.host.name ?? highest.key
        let epoch = restore.epoch
        let reason =
            "host \(name) reports assignment \(highest.value.generation) of epoch \(highest.value.epoch), which this store "
            + "(epoch \(epoch)) has never given: it was restored from an old backup"
        do {
            let record = try await store.write(change) { writer in
                for (host, version) in sightings.sorted(by: { $0.key < $1.key }) {
                    try writer.raiseGeneration(of: host, to: version.generation)
                }
                return try writer.freeze(above: highest.value.epoch, reason: reason)
            }
            restore.committed(record, storing: sightings)
            release(sightings.keys)
            logger.critical(
                "frozen: the store was restored from an old backup",
                metadata: ["host": "\(name)", "epoch": "\(record.epoch)", "next": "muster-controller thaw --data DIR"]
            )
            everythingChanged()
            return true
        } catch {
            if !Task.isCancelled { logger.error("the freeze could not be stored", metadata: ["why": "\(error)"]) }
            return false
        }
    }

    /// The store was thawed: every host gets its assignment under the new epoch, and every deployment is planned.
    ///
    /// - Parameter claims: of hosts in quarantine, that are believed with it.
    func thawed(_ record: ControllerRecord, believing claims: [String: AssignmentVersion] = [:]) async throws {
        let assignments = try await store.read { reader in
            try reader.hosts().map { ($0.host.id, try reader.assignment(of: $0.host.id)) }
        }
        // Known before anything may be sent: a session that opens now must not get what the old store ordered.
        for (host, assignment) in assignments { directory[host]?.adopt(assignment) }
        restore.committed(record, storing: claims)
        release(claims.keys)
        for (host, _) in assignments { directory[host]?.sendNewest() }
        everythingChanged()
    }

    private func release(_ hosts: some Sequence<String>) {
        for host in hosts { directory[host]?.state.withLock { $0.quarantine = nil } }
    }

    /// What a host has seen, where the store has not given it: whatever it gets next has to have higher numbers.
    func unseen(_ report: HostReport, of host: String) -> UInt64? {
        let numbers = report.replicas.map(\.item) + [report.assignment.generation]
        guard let highest = numbers.max(), let given = directory[host]?.given, highest > given,
            restore.isPossible(AssignmentVersion(epoch: 0, generation: highest)), !restore.isDoubtful(host)
        else { return nil }
        return highest
    }
}
