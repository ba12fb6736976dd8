import Fleet
import FleetStore

/// Each writer applies its deployment again and again with another content, and starts a rollout of the new revision in
/// the same transaction: `ok UID REVISION RESOURCE-VERSION`.
struct FleetWrites {
    let path: String

    func run() async throws {
        let store = try FleetDatabase(path: path)
        let term = try await store.begin(id: "controller", now: Instant(milliseconds: 0)).term
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<StoreWriter.writers {
                group.addTask { await write(from: "d\(writer)", to: store, term: term) }
            }
        }
    }

    private func write(from name: String, to store: FleetDatabase, term: UInt64) async {
        for number in 1..<100_000 {
            let now = Instant(milliseconds: Int64(number))
            do {
                let applied = try await store.write(Change(actor: "test", now: now, term: term)) { writer in
                    try Self.apply(name, number, writer)
                }
                StoreWriter.say("ok \(applied.uid) \(applied.revision) \(applied.resourceVersion)\n")
            } catch {
                return StoreWriter.say("failed \((error as? FleetStoreError)?.code.rawValue ?? "\(error)")\n")
            }
        }
    }

    private static func apply(_ name: String, _ number: Int, _ writer: FleetWriter) throws -> DeploymentRecord {
        let version = "\(number)"
        let deployment = Deployment(
            name: name,
            content: .init(model: "m", version: version, runtime: "r"),
            scope: .init(hosts: try LabelSelector("site=lyon"), endpoint: nil)
        )
        let content = RevisionContent(
            model: .init(name: "m", version: version, format: "sklearn", bundle: Digest(of: version.utf8)),
            runtime: RuntimeProfile(name: "r", command: ["serve"], ports: [], ready: .init(port: "http", path: "/")),
            environment: [:],
            probe: nil
        )
        let record = try writer.applyDeployment(deployment, uid: "uid-\(name)", content: content).record
        if var old = try writer.reader.activeRollout(of: record.uid) {
            old.state = .superseded
            try writer.saveRollout(old, isNew: false)
        }
        guard let revision = try writer.reader.revision(record.revision, of: record.uid) else { return record }
        let rollout = Rollout(
            id: "\(name)-\(number)",
            deployment: record.uid,
            revision: revision.reference,
            since: writer.change.now,
            reason: "applied",
            startedAt: writer.change.now,
            waveEnds: [1]
        )
        try writer.saveRollout(rollout, isNew: true)
        let target = RolloutTarget(host: "h\(number)", name: "h", wave: 0, since: writer.change.now)
        try writer.saveTargets([target], of: rollout.id)
        return record
    }
}
