import DaemonKit
import Fleet
import Logging
import Testing

@testable import FleetAgent

/// Blobs and bundles from a source that is not trusted.
@Suite(.timeLimit(.minutes(1))) struct BlobStoreTests {
    private func stores(_ fixture: AgentFixture) throws -> (BlobStore, BundleStore) {
        try fixture.files.prepare()
        let blobs = BlobStore(files: fixture.files, source: fixture.source, time: .system, logger: fixture.logger)
        return (blobs, BundleStore(files: fixture.files, blobs: blobs, logger: fixture.logger))
    }

    @Test func whatWasCutShortIsContinued() async throws {
        try await AgentFixture.run { fixture in
            let (blobs, _) = try stores(fixture)
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let digest = fixture.source.add(bytes)
            fixture.source.fail(digest, .cut(60_000))
            try await blobs.ensure(digest)
            #expect(try FileAccess.read(blobs.path(of: digest)) == bytes)
            #expect(fixture.source.offsets(of: digest) == [0, 60_000])
        }
    }

    @Test func whatIsDamagedIsRefused() async throws {
        try await AgentFixture.run { fixture in
            let (blobs, _) = try stores(fixture)
            let digest = fixture.source.add([1, 2, 3])
            fixture.source.fail(digest, .damaged)
            let error = await #expect(throws: AgentError.self) { try await blobs.ensure(digest) }
            #expect(error?.code == .digestMismatch)
            #expect(!FileAccess.exists(blobs.path(of: digest)))
        }
    }

    @Test func whatIsNowhereIsSaid() async throws {
        try await AgentFixture.run { fixture in
            let (blobs, _) = try stores(fixture)
            let error = await #expect(throws: AgentError.self) { try await blobs.ensure(Digest(of: [9])) }
            #expect(error?.code == .blobMissing)
        }
    }

    @Test func twoThatBringTheSameDoNotDisturbEachOther() async throws {
        try await AgentFixture.run { fixture in
            let (_, bundles) = try stores(fixture)
            var files: [String: String] = [:]
            for number in 0..<40 { files["files/\(number)"] = String(repeating: "\(number)", count: 50_000) }
            let bundle = try fixture.source.add(bundle: files)
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 { group.addTask { try await bundles.ensure(bundle) } }
                for try await directory in group {
                    #expect(try FileAccess.readText("\(directory)/files/39") == files["files/39"])
                }
            }
        }
    }

    @Test func aBundleSharesItsFilesAndIsCollectedWhenNobodyNeedsIt() async throws {
        try await AgentFixture.run { fixture in
            let (blobs, bundles) = try stores(fixture)
            let first = try fixture.source.add(bundle: ["a/b/one": "one", "shared": "same"])
            let second = try fixture.source.add(bundle: ["two": "two", "shared": "same"])
            let directory = try await bundles.ensure(first)
            _ = try await bundles.ensure(second)
            #expect(try FileAccess.readText("\(directory)/a/b/one") == "one")
            #expect(fixture.source.offsets(of: Digest(of: "same".utf8)).count == 1)
            bundles.collect(keeping: [second])
            #expect(!FileAccess.exists(directory))
            #expect(!FileAccess.exists(blobs.path(of: Digest(of: "one".utf8))))
            #expect(FileAccess.exists(blobs.path(of: Digest(of: "same".utf8))))
            #expect(FileAccess.exists("\(bundles.path(of: second))/two"))
        }
    }
}
