import Fleet
import FleetAgent
import FleetStore
import FleetTestSupport
import Foundation
import Synchronization
import Testing

@testable import FleetController

/// Backups of a controller that runs, and a new one that goes on from there.
@Suite(.timeLimit(.minutes(2))) struct BackupTests {
    private final class Place: Sendable {
        let directory = NSTemporaryDirectory() + "muster-backup-\(UUID().uuidString)"
        let played = Mutex<(identity: AgentIdentity, port: Int)?>(nil)
        var data: String { "\(directory)/data" }
        var backup: String { "\(directory)/backup" }
        var restored: String { "\(directory)/restored" }

        deinit { try? FileManager.default.removeItem(atPath: directory) }

        func make(_ target: String? = nil) async throws -> BackupSummary {
            try await ControllerBackup.make(
                of: data,
                to: target ?? backup,
                version: "test",
                now: Instant(milliseconds: 1_000)
            )
        }

        func restore() async throws -> BackupSummary {
            try await ControllerBackup.restore(backup, to: restored, now: Instant(milliseconds: 2_000))
        }
    }

    /// Everything below a directory, with the mode of what may be read by others.
    private func modes(of directory: String) throws -> Set<Int> {
        let files = try FileManager.default.subpathsOfDirectory(atPath: directory)
        return Set(
            try files.map { path in
                let facts = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(path)")
                return ((facts[.posixPermissions] as? NSNumber)?.intValue ?? 0) & 0o077
            }
        )
    }

    @Test func hostsFollowARestoredControllerAndMoveOnlyWhenItIsThawed() async throws {
        let place = Place()
        let script = ScriptedHost()
        try await ControllerFixture.run(directory: place.data) { fixture in
            let identity = try await fixture.enrol("h1")
            place.played.withLock { $0 = (identity, fixture.controller.agentPort) }
            try await fixture.withHosts([(identity, script)]) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("version 1") { $0.rollout?.state == .succeeded }
                // While it runs and is written to.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for number in 0..<200 {
                            _ = try await fixture.operations.label(
                                ["h1"],
                                set: ["n": "\(number)"],
                                removing: [],
                                by: fixture.admin,
                                reason: nil,
                                allowRemoval: false
                            )
                        }
                    }
                    let made = try await place.make()
                    #expect(made.blobs == 2 && made.damaged.isEmpty && made.epoch == 1)
                    try await group.waitForAll()
                }
                _ = try await fixture.apply(version: "2")
                try await fixture.wait("version 2") { view in
                    view.rollout?.state == .succeeded && view.hosts.first?.serving?.version == "2"
                }
            }
        }
        #expect(try modes(of: place.backup) == [0], "the authority's key lies open")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: place.backup).sorted()
                == ["admin-credentials", "authority-key.pem", "authority.pem", "backup.json", "blobs", "fleet.sqlite"]
        )
        let restored = try await place.restore()
        #expect(restored.epoch == 2)
        #expect(try modes(of: place.restored) == [0])
        let (identity, port) = try #require(place.played.withLock { $0 })
        let before = script.state.withLock { $0.taken }
        try await ControllerFixture.run(directory: place.restored, agentPort: port) { fixture in
            #expect(
                try await fixture.operations.controller().frozen?.reason.contains("backup of 1970-01-01T00:00:01Z")
                    == true
            )
            try await fixture.withHosts([(identity, script)]) {
                let limit = ContinuousClock.now + .seconds(20)
                while try await fixture.operations.controller().frozen?.forgotten.isEmpty != false,
                    ContinuousClock.now < limit
                { await Task.yield() }
                let view = try await fixture.operations.controller()
                #expect(view.frozen?.forgotten.contains { $0.host == "h1" && $0.serving } == true)
                #expect(script.state.withLock { $0.taken } == before, "something was sent")
                _ = try await fixture.operations.thaw(epoch: view.epoch, by: fixture.admin, reason: "seen")
                try await fixture.wait("what the backup wants") { $0.hosts.first?.serving?.version == "1" }
            }
            #expect(try await fixture.operations.read { try $0.auditBreak() } == nil)
        }
    }

    @Test func whatIsNoBackupIsNotRestored() async throws {
        let place = Place()
        try await ControllerFixture.run(directory: place.data) { fixture in _ = try await fixture.apply(version: "1") }
        _ = try await place.make()
        let taken = await refusal { _ = try await place.make() }
        #expect(taken?.code == .conflict && taken?.message.contains("is not empty") == true)
        let nothing = await refusal {
            _ = try await ControllerBackup.make(
                of: "/nowhere",
                to: "\(place.directory)/x",
                version: "",
                now: .init(milliseconds: 1)
            )
        }
        #expect(nothing?.code == .notFound)
        let files = FileManager.default
        let shelves = try files.contentsOfDirectory(atPath: "\(place.backup)/blobs").sorted()
        let shelf = "\(place.backup)/blobs/\(try #require(shelves.first))"
        let blob = "\(shelf)/\(try #require(try files.contentsOfDirectory(atPath: shelf).first))"
        let wrongs: [(file: String, content: Data?, words: String)] = [
            (blob, Data("other".utf8), "the blob sha256:"), (blob, nil, "2 blobs were backed up, and 1 are there"),
            ("\(place.backup)/fleet.sqlite", Data("other".utf8), "fleet.sqlite is not what was backed up"),
            ("\(place.backup)/authority-key.pem", nil, "authority-key.pem is not what was backed up"),
            ("\(place.backup)/backup.json", Data("{}".utf8), "backup.json cannot be read"),
            ("\(place.backup)/backup.json", nil, "it has no backup.json"),
        ]
        for wrong in wrongs {
            let kept = try Data(contentsOf: URL(filePath: wrong.file))
            try files.removeItem(atPath: wrong.file)
            if let content = wrong.content { try content.write(to: URL(filePath: wrong.file)) }
            let refused = await refusal { _ = try await place.restore() }
            #expect(refused?.message.contains(wrong.words) == true, "\(refused?.message ?? "")")
            #expect(!files.fileExists(atPath: place.restored), "half restored: \(wrong.words)")
            #expect(try files.contentsOfDirectory(atPath: place.directory).sorted() == ["backup", "data"])
            try kept.write(to: URL(filePath: wrong.file))
        }
        _ = try await place.restore()
        #expect(await refusal { _ = try await place.restore() }?.code == .conflict)
    }

    @Test func aDamagedBlobIsNamedAndLeftOut() async throws {
        let place = Place()
        try await ControllerFixture.run(directory: place.data) { fixture in _ = try await fixture.apply(version: "1") }
        let blobs = try FileManager.default.subpathsOfDirectory(atPath: "\(place.data)/blobs").filter { $0.count > 64 }
        try Data("damaged".utf8).write(to: URL(filePath: "\(place.data)/blobs/\(try #require(blobs.first))"))
        let made = try await place.make()
        #expect(made.blobs == 1 && made.damaged.map(\.hex) == [blobs.first.map { String($0.suffix(64)) }])
        #expect(try await place.restore().blobs == 1)
    }
}
