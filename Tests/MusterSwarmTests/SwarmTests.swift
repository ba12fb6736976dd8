import ArgumentParser
import DaemonKit
import Fleet
import FleetSecurity
import Foundation
import Logging
import NIOCore
import RPCTransport
import Synchronization
import Testing

@testable import muster_swarm

@Suite(.timeLimit(.minutes(2))) struct SwarmTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func enrolled(_ count: Int, by controller: StubController, at target: RPCTarget) async throws
        -> [SwarmIdentity]
    {
        let enrolment = SwarmEnrolment(target: target, logger: Self.logger)
        var identities: [SwarmIdentity] = []
        for number in 0..<count {
            let token = EnrolmentToken.generate(authority: controller.authority.digest)
            identities.append(try await enrolment.enroll(token, name: "swarm-\(number)").identity)
        }
        return identities
    }

    private func makeSwarm(_ pace: SwarmPace, of controller: StubController, at target: RPCTarget) async throws -> Swarm
    {
        let settings = Swarm.Settings(
            target: target,
            authority: controller.authority.certificatePEM,
            pace: pace,
            threads: 2,
            dials: 3,
            sources: ["127.0.0.2", "127.0.0.3"]
        )
        return try await Swarm(settings, logger: Self.logger)
    }

    /// Goes on until as many answers were recorded.
    private func answers(_ count: UInt64, from swarm: Swarm) async throws -> LoopRecorder.Snapshot {
        while true {
            let seen = try await swarm.snapshot()
            if seen.leases.count >= count { return try await swarm.endRecording() }
            await Task.yield()
        }
    }

    @Test(arguments: [SwarmPace.asFastAsPossible(inflight: 4), .every(.milliseconds(5)), .asWelcomed])
    func agentsEnrolConnectAndLease(pace: SwarmPace) async throws {
        let controller = try StubController(sendsAssignment: true)
        try await controller.serve { target in
            let identities = try await enrolled(5, by: controller, at: target)
            #expect(Set(identities.map(\.hostID)).count == 5)
            let swarm = try await makeSwarm(pace, of: controller, at: target)
            #expect(await swarm.connect(identities) == [:])
            try await swarm.beginRecording()
            let seen = try await answers(100, from: swarm)
            #expect(seen.established == 5)
            #expect(seen.connects.count == 5)
            #expect(seen.lost == 0)
            #expect(seen.assignments == 5)
            #expect(seen.leases.quantile(0.5) > 0)
            let counts = controller.counts.withLock { $0 }
            #expect(counts.sessions == 5)
            #expect(counts.leases >= 100)
            #expect(counts.statuses >= 5)
            #expect(counts.acknowledgements == 10)
            try await swarm.close()
        }
    }

    @Test func anIdentityOfAnotherAuthorityDoesNotConnect() async throws {
        let controller = try StubController()
        let other = try StubController()
        try await controller.serve { target in
            let stranger = try await other.serve { try await enrolled(1, by: other, at: $0) }
            let swarm = try await makeSwarm(.asWelcomed, of: controller, at: target)
            let failures = await swarm.connect(stranger)
            #expect(failures.values.reduce(0, +) == 1)
            #expect(controller.counts.withLock { $0.sessions } == 0)
            try await swarm.close()
        }
    }

    @Test func aServerThatTheTokenDoesNotPinIsRefused() async throws {
        let controller = try StubController()
        let other = try StubController()
        try await controller.serve { target in
            let token = EnrolmentToken.generate(authority: other.authority.digest)
            let enrolment = SwarmEnrolment(target: target, logger: Self.logger)
            await #expect(throws: RPCStatus.self) { try await enrolment.enroll(token, name: "swarm-1") }
            #expect(controller.counts.withLock { $0.enrolled } == 0)
        }
    }

    @Test func lostSessionsAreCountedWithTheirReason() async throws {
        let controller = try StubController()
        let swarm = try await controller.serve { target in
            let identities = try await enrolled(2, by: controller, at: target)
            let swarm = try await makeSwarm(.asFastAsPossible(inflight: 1), of: controller, at: target)
            #expect(await swarm.connect(identities) == [:])
            return swarm
        }
        while try await swarm.snapshot().lost < 2 { await Task.yield() }
        #expect(try await swarm.snapshot().reasons.values.reduce(0, +) == 2)
        try await swarm.close()
    }

    @Test func enrolResumesAndBearsWithADelay() async throws {
        let temporary = try TemporaryDirectory()
        let controller = try StubController()
        controller.counts.withLock { $0.enrolmentsToRefuse = 2 }
        try await controller.serve { target in
            let tokens = (0..<3).map { _ in EnrolmentToken.generate(authority: controller.authority.digest).text }
            func run(_ tokens: [String]) async throws {
                try tokens.joined(separator: "\n").write(
                    toFile: "\(temporary.path)/tokens",
                    atomically: true,
                    encoding: .utf8
                )
                let arguments = [
                    "--controller", "\(target.host):\(target.port)", "--tokens", "\(temporary.path)/tokens", "--out",
                    "\(temporary.path)/out", "--dials", "2",
                ]
                var command = try SwarmEnroll.parse(arguments)
                try await command.run()
            }
            try await run(Array(tokens.prefix(2)))
            #expect(controller.counts.withLock { $0.enrolled } == 2)
            try await run(tokens)
            #expect(controller.counts.withLock { $0.enrolled } == 3)
            let identities = try IdentityDirectory(existing: "\(temporary.path)/out").identities()
            #expect(identities.map(\.name) == ["swarm-000001", "swarm-000002", "swarm-000003"])
        }
    }

    @Test(arguments: [
        (["--controller", "here"], "HOST:PORT"),
        (["--controller", "here:0"], "HOST:PORT"),
        (["--dials", "0"], "--dials"),
        ([], "Give either --lease-interval"),
        (["--lease-interval", "10", "--as-fast-as-possible"], "Give either --lease-interval"),
    ])
    func refusesOptions(arguments: [String], why: String) {
        let error = #expect(throws: (any Error).self) { try SwarmRun.parse(["--identities", "x"] + arguments) }
        #expect(error.map { SwarmRun.message(for: $0) }?.contains(why) == true)
    }
}
