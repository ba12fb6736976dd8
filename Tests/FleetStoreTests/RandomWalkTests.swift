import Fleet
import FleetStore
import FleetTestSupport
import Testing

/// Random transactions, some of which throw, beside a plain model; then the store is opened again and compared.
@Suite struct RandomWalkTests {
    struct Unwanted: Error {}

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func theStoreIsWhatTheModelSays(seed: UInt64) async throws {
        let fixture = try await StoreFixture()
        var random = SeededGenerator(seed: seed)
        var model: [String: DeploymentModel] = [:]
        for step in 0..<250 {
            let name = ["a", "b", "c"].randomElement(using: &random) ?? "a"
            let before = model
            let isAbandoned = Int.random(in: 0..<8, using: &random) == 0
            let write = Self.step(step, name, &model, &random)
            do {
                try await fixture.write(Int64(step)) { writer in
                    try write(writer)
                    if isAbandoned { throw Unwanted() }
                }
            } catch is Unwanted {
                model = before
            }
            try await Self.compare(fixture.store, model, "seed \(seed), step \(step)")
        }
        try await fixture.store.close()
        let again = try FleetDatabase(path: fixture.path)
        try await Self.compare(again, model, "seed \(seed), opened again")
        try await again.read { reader throws in
            #expect(try reader.auditBreak() == nil, "seed \(seed)")
            let newest = try reader.revision()
            #expect(try reader.changes(after: 0, limit: 10_000).map(\.revision) == Array(1...newest), "seed \(seed)")
        }
        try await again.close()
    }

    /// Changes the model, and gives the transaction that must do the same to the store.
    private static func step(
        _ step: Int,
        _ name: String,
        _ model: inout [String: DeploymentModel],
        _ random: inout SeededGenerator
    ) -> @Sendable (FleetWriter) throws -> Void {
        guard var deployment = model[name], Int.random(in: 0..<3, using: &random) > 0 else {
            return apply(["1", "2", "3"].randomElement(using: &random) ?? "1", step, name, &model)
        }
        defer { model[name]?.isRemoving = deployment.isRemoving }
        let uid = deployment.uid
        let number = UInt64.random(in: 1...UInt64(deployment.versions.count), using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0, 1:
            deployment.succeed(number)
            model[name] = deployment
            return { try $0.succeedRevision(number, of: uid) }
        case 2:
            deployment.holds.insert("h\(step)")
            model[name] = deployment
            return { writer in
                guard let revision = try writer.reader.revision(number, of: uid) else { throw Unwanted() }
                try writer.putHold(StoreFixture.hold("h\(step)", revision.reference, of: uid))
            }
        case 3:
            guard let hold = deployment.holds.sorted().first else { return { _ in } }
            deployment.holds.remove(hold)
            model[name] = deployment
            return { _ = try $0.liftHold(hold) }
        default:
            if deployment.isRemoving {
                model[name] = nil
                return { try $0.forgetDeployment(uid) }
            }
            deployment.isRemoving = true
            return { _ = try $0.removeDeployment(named: name) }
        }
    }

    private static func apply(
        _ version: String,
        _ step: Int,
        _ name: String,
        _ model: inout [String: DeploymentModel]
    ) -> @Sendable (FleetWriter) throws -> Void {
        guard model[name]?.isRemoving != true else { return { _ in } }
        let isNew = model[name] == nil
        var deployment = model[name] ?? DeploymentModel(uid: "uid-\(step)", version: version)
        let makesRevision = deployment.apply(version) || isNew
        model[name] = deployment
        return { writer in
            let applied = try writer.applyDeployment(
                try StoreFixture.deployment(name, version: version),
                uid: "uid-\(step)",
                content: StoreFixture.content(version)
            )
            #expect(applied.madeRevision == makesRevision)
        }
    }

    private static func compare(
        _ store: FleetDatabase,
        _ model: [String: DeploymentModel],
        _ what: Comment
    ) async throws {
        let stored = try await store.read { reader in
            try reader.deployments().reduce(into: [String: DeploymentModel]()) { stored, record in
                var found = DeploymentModel(uid: record.uid, version: "")
                found.versions = try reader.revisions(of: record.uid).map { revision in
                    ["1", "2", "3"].first { StoreFixture.content($0).canonicalBytes == revision.bytes } ?? "?"
                }
                found.succeeded = try reader.succeededRevisions(of: record.uid).map(\.number)
                found.holds = Set(try reader.holds(of: record.uid).map(\.id))
                found.isRemoving = record.state == .removing
                stored[record.deployment.name] = found
            }
        }
        try #require(stored == model, what)
    }
}
