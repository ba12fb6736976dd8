import DaemonKit
import Fleet
import Foundation
import ReplicaLifecycle
import Testing

@testable import FleetAgent

/// Rollback readiness: what a host says of its way back, and what it does for it.
@Suite(.timeLimit(.minutes(2))) struct WayBackTests {
    /// The first revision is good, the second serves.
    private func serveTwo(_ fixture: AgentFixture) async throws -> (first: Revision, second: Revision) {
        let first = try fixture.revision(1, answer: 10)
        let second = try fixture.revision(2, answer: 20)
        try await fixture.agent { agent in
            try await agent.give(fixture.item(1, .converge, first))
            let alone = try await agent.until { $0.item == 1 && $0.state == .verified }
            #expect(alone.rollback?.state == RollbackReadiness.State.none)
            try await agent.give(fixture.item(2, .converge, second, succeeded: [first]))
            let ready = try await agent.until {
                $0.item == 2 && $0.state == .verified && $0.rollback?.state == .ready
            }
            #expect(ready.rollback?.revision == first.reference)
            #expect(ready.rollback?.verifiedAt != nil)
            #expect(ready.rollback?.reason == nil)
        }
        return (first, second)
    }

    private func path(_ fixture: AgentFixture, _ revision: Revision) throws -> String {
        "\(fixture.files.models)/\(try JSONCoding.content(of: revision).model.bundle.hex)/model.json"
    }

    /// Writes over a file in place, as a failing disk or a careless person would.
    private func damage(_ path: String) throws {
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.write(contentsOf: Data("rotten".utf8))
        try file.close()
    }

    @Test func aDamagedWayBackIsReportedAndFetchedAgain() async throws {
        try await AgentFixture.run { fixture in
            let (first, _) = try await serveTwo(fixture)
            let path = try path(fixture, first)
            let whole = try FileAccess.readText(path)
            try damage(path)
            try await fixture.agent { agent in
                let ready = try await agent.until { $0.rollback?.state == .ready }
                #expect(ready.rollback?.revision == first.reference)
                #expect(try FileAccess.readText(path) == whole)
                let digest = Digest(of: Array((whole ?? "").utf8))
                #expect(fixture.source.offsets(of: digest).count == 2)
            }
        }
    }

    @Test func aWayBackThatCannotBeMendedSaysWhy() async throws {
        try await AgentFixture.run { fixture in
            let (first, _) = try await serveTwo(fixture)
            try damage(try path(fixture, first))
            fixture.source.forgetAll()
            try await fixture.agent { agent in
                let broken = try await agent.until { $0.rollback?.reason?.contains("not whole") == true }
                #expect(broken.rollback?.state == .notReady)
                #expect(broken.rollback?.revision == first.reference)
                #expect(broken.rollback?.verifiedAt == nil)
                #expect(broken.state == .verified, "what serves is not disturbed")
            }
        }
    }

    @Test func aWayBackWhoseRuntimeIsNotMetAnyMoreSaysWhy() async throws {
        try await AgentFixture.run { fixture in
            let program = "\(fixture.files.directory)-python"
            try FileManager.default.createSymbolicLink(atPath: program, withDestinationPath: "/usr/bin/env")
            defer { try? FileManager.default.removeItem(atPath: program) }
            let first = try fixture.revision(1, answer: 10, command: program)
            let second = try fixture.revision(2, answer: 20)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, second))
                _ = try await agent.until { $0.item == 1 && $0.state == .verified }
                var good = ReplicaRecord(deployment: "uid-1")
                good.good = [first.reference]
                good.standing = second.reference
                good.revisions = [first, second]
                var ways = WaysBack()
                let wanted = ways.update([good])
                #expect(wanted == [first])
                let again = ways.update([good])
                #expect(again == nil, "said once")
                #expect(ways.readiness(of: good)?.state == .checking)
                let content = try JSONCoding.content(of: first)
                #expect(try await agent.driver.unmetRequirement(of: content) == nil)
                try FileManager.default.removeItem(atPath: program)
                let problem = try await agent.driver.unmetRequirement(of: content)
                #expect(problem?.contains("is not installed") == true, "\(problem ?? "")")
                ways.checked(first.digest, WayBackCheck(verifiedAt: Instant(milliseconds: 5), problem: problem))
                let readiness = try #require(ways.readiness(of: good))
                #expect(readiness.state == .notReady)
                #expect(readiness.reason == problem.map { CauseText.clean($0) })
                #expect(readiness.verifiedAt == Instant(milliseconds: 5))
            }
        }
    }

    @Test func aFileIsReadSlowlyAndWhole() async throws {
        try await AgentFixture.run { fixture in
            try fixture.files.prepare()
            let bytes = [UInt8](repeating: 7, count: 3 << 20)
            let path = "\(fixture.files.directory)/big"
            try FileAccess.replace(path, with: bytes)
            let time = HastyTime { _ in true }
            let pace = BlobPace(disk: SystemDisk(), time: time.source)
            #expect(try await pace.digest(of: path) == Digest(of: bytes))
            #expect(time.source.elapsed() == Span(milliseconds: 90), "three waits: not more than 32 MiB a second")
            #expect(try await pace.digest(of: "\(path).not") == nil)
        }
    }
}
