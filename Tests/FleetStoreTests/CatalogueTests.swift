import Fleet
import FleetStore
import Testing

@Suite struct CatalogueTests {
    static let version = ModelVersion(
        name: "wine-1",
        model: "wine",
        version: "1",
        format: "sklearn",
        bundle: Digest(of: "1".utf8)
    )

    @Test func whatIsWrittenIsRead() async throws {
        let fixture = try await StoreFixture()
        let model = Model(name: "wine", labels: ["team": "a"], owner: "ana", purpose: "tests", riskTier: "low")
        let written = try await fixture.write { writer in
            [
                try writer.putModel(model),
                try writer.putModelVersion(Self.version),
                try writer.putRuntime(StoreFixture.runtime),
            ]
        }
        #expect(written.map(\.action) == [.created, .created, .created])
        #expect(written.map(\.resourceVersion) == [1, 2, 3])
        try await fixture.read { reader throws in
            #expect(try reader.models().map(\.object) == [model])
            #expect(try reader.modelVersion(named: "wine-1")?.object == Self.version)
            #expect(try reader.modelVersion(of: "wine", version: "1")?.resourceVersion == 2)
            #expect(try reader.modelVersions(of: "wine").count == 1)
            #expect(try reader.runtime("mlserver")?.object == StoreFixture.runtime)
            #expect(try reader.runtime("mlserver")?.createdAt == Instant(milliseconds: 1_000))
            #expect(try reader.revision() == 3)
        }
    }

    @Test func equalContentChangesNothing() async throws {
        let fixture = try await StoreFixture()
        let actions = try await fixture.write { writer in
            try (0..<2).map { _ in try writer.putRuntime(StoreFixture.runtime).action }
        }
        #expect(actions == [.created, .unchanged])
        let (revision, records) = try await fixture.read { (try $0.revision(), try $0.audit(limit: 9).count) }
        #expect((revision, records) == (1, 1))
    }

    @Test func aVersionNeverChangesButForItsLabels() async throws {
        let fixture = try await StoreFixture()
        await expect(.notFound) { try await fixture.write { try $0.putModelVersion(Self.version) } }
        try await fixture.write { writer in
            _ = try writer.putModel(Model(name: "wine"))
            _ = try writer.putModelVersion(Self.version)
        }
        await expect(.immutable) {
            try await fixture.write { writer in
                var other = Self.version
                other.format = "onnx"
                return try writer.putModelVersion(other)
            }
        }
        await expect(.immutable) {
            try await fixture.write { writer in
                var other = Self.version
                other.name = "wine-one"
                return try writer.putModelVersion(other)
            }
        }
        let relabelled = try await fixture.write { writer in
            var other = Self.version
            other.labels = ["stage": "canary"]
            return try writer.putModelVersion(other)
        }
        #expect(relabelled.action == .updated)
    }

    @Test func aConflictSaysWhoChangedWhatAndWhen() async throws {
        let fixture = try await StoreFixture()
        let read = try await fixture.write { try $0.putModel(Model(name: "wine")) }
        try await fixture.write(7, actor: "bo", reason: "audit") {
            _ = try $0.putModel(Model(name: "wine", owner: "bo"))
        }
        await expect(.conflict, saying: "bo did \"update\" at 1970-01-01T00:00:07Z (reason: audit)") {
            try await fixture.write {
                try $0.putModel(Model(name: "wine", owner: "ana"), expected: read.resourceVersion)
            }
        }
        await expect(.conflict) { try await fixture.write { try $0.putModel(Model(name: "wine"), expected: 0) } }
        await expect(.conflict, saying: "there is none now") {
            try await fixture.write { try $0.putModel(Model(name: "beer"), expected: 4) }
        }
        let owner = try await fixture.read { try $0.model("wine")?.object.owner }
        #expect(owner == "bo")
    }

    @Test func whatIsNeededIsNotDeleted() async throws {
        let fixture = try await StoreFixture()
        try await fixture.write { writer in
            _ = try writer.putModel(Model(name: "wine"))
            _ = try writer.putModelVersion(Self.version)
            _ = try writer.putRuntime(StoreFixture.runtime)
            try StoreFixture.apply("d", version: "1", writer)
        }
        await expect(.inUse, saying: "wine-1") { try await fixture.write { try $0.deleteModel("wine") } }
        await expect(.inUse, saying: "Deployment d") {
            try await fixture.write { try $0.deleteModelVersion("wine-1") }
        }
        await expect(.inUse) { try await fixture.write { try $0.deleteRuntime("mlserver") } }
        await expect(.notFound) { try await fixture.write { try $0.deleteRuntime("other") } }
        try await fixture.write { writer in
            _ = try writer.removeDeployment(named: "d")
            try writer.forgetDeployment("uid-d")
            try writer.deleteModelVersion("wine-1")
            try writer.deleteModel("wine")
            try writer.deleteRuntime("mlserver")
        }
        let left = try await fixture.read { try $0.models().count + $0.modelVersions().count + $0.runtimes().count }
        #expect(left == 0)
    }

    @Test func blobsAndBundlesAreNoted() async throws {
        let fixture = try await StoreFixture()
        let digest = Digest(of: "x".utf8)
        let now = Instant(milliseconds: 3)
        try await fixture.write { writer in
            try writer.putBlob(BlobRecord(digest: digest, size: 4, state: .partial, createdAt: now))
            try writer.putBlob(BlobRecord(digest: digest, size: 4, state: .present, createdAt: now))
            try writer.putBundle(BundleRecord(digest: digest, files: 1, bytes: 4, createdAt: now))
        }
        let (blob, bundle) = try await fixture.read { (try $0.blob(digest), try $0.bundle(digest)) }
        #expect(blob == BlobRecord(digest: digest, size: 4, state: .present, createdAt: now))
        #expect(bundle?.bytes == 4)
        try await fixture.write { try $0.deleteBlob(digest) }
        let gone = try await fixture.read { try $0.blob(digest) }
        #expect(gone == nil)
    }
}
