import DaemonKit
import Fleet
import Glibc
import Logging
import Testing

@testable import FleetAgent

/// Blobs and bundles from a source that is not trusted.
@Suite(.timeLimit(.minutes(1))) struct BlobStoreTests {
    private func stores(_ fixture: AgentFixture, time: TimeSource = .system) throws -> (BlobStore, BundleStore) {
        try fixture.files.prepare()
        let blobs = BlobStore(
            files: fixture.files,
            disk: SystemDisk(),
            source: fixture.source,
            time: time,
            logger: fixture.logger
        )
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

    @Test func aDamagedPartIsNotTheSourcesFault() async throws {
        try await AgentFixture.run { fixture in
            let (blobs, _) = try stores(fixture)
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let digest = fixture.source.add(bytes)
            // As a power cut leaves it: as long as it was, and empty. Or longer than it may be.
            for part in [60_000, 100_000] {
                FileAccess.remove(blobs.path(of: digest))
                let path = "\(fixture.files.partialBlobs)/\(digest.hex)"
                try FileAccess.replace(path, with: [UInt8](repeating: 0, count: part))
                try await blobs.ensure(digest, limit: 100_000)
                #expect(try FileAccess.read(blobs.path(of: digest)) == bytes)
                #expect(fixture.source.offsets(of: digest).suffix(2) == [Int64(part), 0])
            }
        }
    }

    @Test func aDeadConnectionIsGivenUp() async throws {
        try await AgentFixture.run { fixture in
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let digest = fixture.source.add(bytes)
            fixture.source.fail(digest, .silent(after: 60_000))
            let partial = "\(fixture.files.partialBlobs)/\(digest.hex)"
            // Patience runs out only while the source is silent; short waits pass at once.
            let time = HastyTime { span in
                span < .seconds(60) || (fixture.source.abandoned == 0 && FileAccess.size(of: partial) == 60_000)
            }
            let (blobs, _) = try stores(fixture, time: time.source)
            // What came counts as progress: it is continued on another connection.
            try await blobs.ensure(digest)
            #expect(fixture.source.offsets(of: digest) == [0, 60_000])
            #expect(fixture.source.abandoned == 1)
            #expect(try FileAccess.read(blobs.path(of: digest)) == bytes)
        }
    }

    @Test func whoIsCancelledGivesUpWhatCameAndKeepsIt() async throws {
        try await AgentFixture.run { fixture in
            let (blobs, _) = try stores(fixture)
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let digest = fixture.source.add(bytes)
            fixture.source.fail(digest, .silent(after: 60_000))
            let partial = "\(fixture.files.partialBlobs)/\(digest.hex)"
            await #expect(throws: CancellationError.self) {
                try await withThrowingTaskGroup { group in
                    group.addTask { try await blobs.ensure(digest) }
                    while FileAccess.size(of: partial) ?? 0 < 60_000 { await Task.yield() }
                    group.cancelAll()
                    try await group.next()
                }
            }
            #expect(fixture.source.abandoned == 1)
            try await blobs.ensure(digest)
            #expect(fixture.source.offsets(of: digest) == [0, 60_000])
        }
    }

    @Test func whatManyNeedIsFetchedAndMadeOnce() async throws {
        try await AgentFixture.run { fixture in
            let (_, bundles) = try stores(fixture)
            let shared = String(repeating: "shared ", count: 100_000)
            let made = try (0..<4).map { try fixture.source.add(bundle: ["own": "\($0)", "shared": shared]) }
            try await withThrowingTaskGroup { group in
                for index in 0..<24 { group.addTask { _ = try await bundles.ensure(made[index % 4]) } }
                try await group.waitForAll()
            }
            #expect(fixture.source.offsets(of: Digest(of: shared.utf8)).count == 1)
            for bundle in made {
                #expect(try FileAccess.readText("\(bundles.path(of: bundle))/shared") == shared)
                #expect(fixture.source.offsets(of: bundle).count == 1)
            }
        }
    }

    @Test func aDirectoryThatIsInUseIsMendedInPlace() async throws {
        try await AgentFixture.run { fixture in
            let (blobs, bundles) = try stores(fixture)
            let bundle = try fixture.source.add(bundle: ["one": "one", "two": "two"])
            let directory = try await bundles.ensure(bundle)
            // A model server that wrote into the directory it serves from.
            try FileAccess.replace("\(directory)/cache", with: [1])
            let file = open("\(directory)/one", O_WRONLY | O_TRUNC)
            #expect(write(file, "bad", 3) == 3)
            close(file)
            _ = try await bundles.ensure(bundle)
            #expect(try FileAccess.readText("\(directory)/one") == "one")
            #expect(try FileAccess.readText(blobs.path(of: Digest(of: "one".utf8))) == "one")
            #expect(FileAccess.exists("\(directory)/cache"))
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

    @Test func aSourceThatSendsMoreThanThereIsIsNotBelieved() async throws {
        try await AgentFixture.run { fixture in
            let (blobs, _) = try stores(fixture)
            let digest = fixture.source.add([1, 2, 3])
            let error = await #expect(throws: AgentError.self) { try await blobs.ensure(digest, limit: 2) }
            #expect(error?.code == .digestMismatch)
            #expect(!FileAccess.exists("\(fixture.files.partialBlobs)/\(digest.hex)"))
        }
    }
}
