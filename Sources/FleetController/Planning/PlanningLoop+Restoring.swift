import Fleet
import FleetStore
import Logging

extension PlanningLoop {
    /// Stores that hosts have seen what this store has not given: a higher epoch, and nothing moves.
    ///
    /// - Returns: whether planning may go on.
    func freeze() async -> Bool {
        let sightings = restore.sightings
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
    func thawed(_ record: ControllerRecord) async throws {
        let assignments = try await store.read { reader in
            try reader.hosts().map { ($0.host.id, try reader.assignment(of: $0.host.id)) }
        }
        // Known before anything may be sent: a session that opens now must not get what the old store ordered.
        for (host, assignment) in assignments { directory[host]?.adopt(assignment) }
        restore.committed(record)
        for (host, _) in assignments { directory[host]?.sendNewest() }
        everythingChanged()
    }

    /// What a host has seen, where the store has not given it: whatever it gets next has to have higher numbers.
    func unseen(_ report: HostReport, of host: String) -> UInt64? {
        let numbers = report.replicas.map(\.item) + [report.assignment.generation]
        guard let highest = numbers.max(), highest <= RestoreWatch.highest,
            let given = directory[host]?.given, highest > given
        else { return nil }
        return highest
    }
}
