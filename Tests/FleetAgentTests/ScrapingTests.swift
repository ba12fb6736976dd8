import DaemonKit
import Fleet
import FleetMetrics
import FleetProtocol
import Foundation
import NIOCore
import NIOPosix
import ShimProtocol
import Synchronization
import Testing

@testable import FleetAgent

/// Figures of this very machine, of real processes, and of fake model servers.
@Suite(.timeLimit(.minutes(1))) struct ScrapingTests {
    @Test func theHostsFiguresAreThoseOfTheSystem() throws {
        let figures = HostFigures.read(directory: "/tmp")
        #expect(Set(figures.keys) == Set(Figure.allCases.filter(\.isOfHost)))
        let memory = try #require(figures[.hostMemory])
        #expect(Int64(memory) == HostSystem.facts(address: "").memory)
        #expect(try #require(figures[.hostMemoryUsed]) < memory)
        #expect(try #require(figures[.hostDiskUsed]) <= #require(figures[.hostDisk]))
        let later = HostFigures.read(directory: "/tmp")
        #expect(try #require(later[.hostCPU]) >= #require(figures[.hostCPU]))
    }

    /// A process with a child that each hold memory and have worked.
    @Test func aReplicasFiguresAreThoseOfItsWholeFamily() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let work =
            "held = bytearray(64 << 20)\nheld[::4096] = b'x' * len(held[::4096])\nsum(i * i for i in range(3_000_000))"
        process.arguments = [
            "python3", "-c",
            """
            import os, sys
            child = os.fork()
            \(work)
            if not child:
                os.write(1, b".")
                os.read(0, 1)
                os._exit(0)
            os.write(1, b".")
            os.read(0, 1)
            """,
        ]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        defer { try? input.fileHandleForWriting.close() }
        var told = 0
        while told < 2 { told += output.fileHandleForReading.availableData.count }
        let first = try #require(HostSystem.process(process.processIdentifier))
        let figures = ProcessFigures.read(first)
        #expect(try #require(figures[.memory]) > 128e6)
        #expect(try #require(figures[.memory]) < 600e6)
        #expect(try #require(figures[.cpu]) > 0.05)
        // Another process of the same number is not this one.
        #expect(ProcessFigures.read(ProcessIdentity(pid: first.pid, startTime: first.startTime + 1)).isEmpty)
    }

    @Test func aReadyReplicaIsReadAndOneThatHasGoneIsNot() async throws {
        try await AgentFixture.run { fixture in
            try await fixture.agent { supervisor in
                #expect(await supervisor.scraper.scrape().map(\.deployment) == [nil])
                let revision = try fixture.revision(1, answer: 1)
                try await supervisor.give(fixture.item(1, .converge, revision))
                let report = try await supervisor.until { $0.state == .verified }
                let records = await supervisor.scraper.scrape()
                #expect(records.map(\.deployment) == [nil, "uid-1"])
                let replica = try #require(records.last)
                // The line with the wrong quotes is left out.
                #expect(replica.values[.requests] == 41)
                #expect(replica.values[.memory] ?? 0 > 1e6)
                #expect(replica.values[.cpu] != nil)
                #expect(replica.instance.hasPrefix("\(report.instance?.pid ?? 0)@"))
                try await supervisor.give(fixture.item(2, .remove, nil))
                _ = try await supervisor.until { $0.state == .removed }
                #expect(await supervisor.scraper.scrape().map(\.deployment) == [nil])
            }
        }
    }

    @Test func aReplicaIsReadByTheNamesThatItsRuntimeSays() async throws {
        try await AgentFixture.run { fixture in
            try await fixture.agent { supervisor in
                let names = MetricNames(inFlight: [.named("model_infer_request_success_total")])
                try await supervisor.give(fixture.item(1, .converge, fixture.revision(1, answer: 1, names: names)))
                _ = try await supervisor.until { $0.state == .verified }
                let replica = try #require(await supervisor.scraper.scrape().last)
                #expect(replica.values[.inFlight] == 41)
                #expect(replica.values[.requests] == nil)
            }
        }
    }

    /// A figure of a newer controller: without its effect the revision would lie, so nothing moves.
    @Test func namesOfFiguresThatTheAgentDoesNotKnowAreRefused() throws {
        let fixture = try AgentFixture()
        let names = MetricNames(inFlight: [.named("running")])
        let revision = try fixture.revision(1, answer: 1, names: names)
        #expect(try JSONCoding.content(of: revision).runtime.metrics?.names == names)
        let text = String(decoding: revision.bytes, as: UTF8.self)
        for newer in [#"{"tokens":["x"],"inFlight":["#, #"{"inFlight":[{"name":"x"},"#] {
            let bytes = Array(text.replacing(#"{"inFlight":["#, with: newer).utf8)
            let other = try #require(
                Revision(number: 1, digest: Digest(of: bytes), written: revision.written, bytes: bytes)
            )
            #expect { try JSONCoding.content(of: other) } throws: { "\($0)".contains("install a newer muster-agent") }
        }
    }

    /// While a new revision is proven beside the old one, both are ready.
    @Test func oneReplicaOfADeploymentIsRead() async throws {
        try await AgentFixture.run { fixture in
            let own = try #require(HostSystem.process(getpid()))
            let other = try #require(HostSystem.process(getppid()))
            let targets = ScrapeTargets()
            for (key, process) in [("d-1", other), ("d-2", own)] {
                targets.put(
                    ScrapeTarget(deployment: "d", process: process, instance: "\(process.pid)", metrics: nil),
                    key: key
                )
            }
            let scraper = FigureScraper(
                targets: targets,
                reported: { $0 == "d" ? own.pid : nil },
                http: HTTPProbe(address: "127.0.0.1", group: MultiThreadedEventLoopGroup.singleton),
                directory: "/tmp",
                time: .system,
                logger: fixture.logger
            )
            #expect(await scraper.scrape().map(\.instance).dropFirst() == ["\(own.pid)"])
        }
    }

    /// The controller goes and returns: everything arrives once, in order, with the times at which it was read.
    @Test func whatCannotBeSentWaitsAndIsSentWithItsOwnTimes() async throws {
        try await AgentFixture.run { fixture in
            let world = World()
            let time = HastyTime { _ in world.mayTurn() }
            try await withThrowingTaskGroup { group in
                group.addTask { await telemetry(fixture, world, time).run() }
                try await world.turns(3)
                #expect(world.received.count == 3)
                world.isThere = false
                try await world.turns(5)
                #expect(world.received.count == 3)
                world.isThere = true
                world.isFailing = true
                try await world.turns(2)
                #expect(world.received.count == 3)
                world.isFailing = false
                while world.received.count < 15 { try await world.turns(1) }
                group.cancelAll()
            }
            let times = try world.received.map { try #require($0.first).at.milliseconds }
            #expect(times == times.sorted())
            #expect(Set(times).count == times.count)
            #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 15_000 })
            #expect(FileAccess.names(in: fixture.files.telemetry).isEmpty)
        }
    }

    private func telemetry(_ fixture: AgentFixture, _ world: World, _ time: HastyTime) -> Telemetry {
        Telemetry(
            settings: TelemetrySettings(),
            scraper: FigureScraper(
                targets: ScrapeTargets(),
                reported: { _ in nil },
                http: HTTPProbe(address: "127.0.0.1", group: MultiThreadedEventLoopGroup.singleton),
                directory: "/tmp",
                time: time.source,
                logger: fixture.logger
            ),
            directory: fixture.files.telemetry,
            uplink: TelemetryUplink(isThere: { world.isThere }, send: world.take),
            time: time.source,
            logger: fixture.logger
        )
    }

    /// A controller that comes and goes, and the leave to take the next turn.
    private final class World: Sendable {
        private struct State {
            var isThere = true
            var isFailing = false
            var received: [[FigureRecord]] = []
            var leave = 0
            var isIdle = false
        }
        private let state = Mutex(State())

        var isThere: Bool {
            get { state.withLock { $0.isThere } }
            set { state.withLock { $0.isThere = newValue } }
        }
        var isFailing: Bool {
            get { state.withLock { $0.isFailing } }
            set { state.withLock { $0.isFailing = newValue } }
        }
        var received: [[FigureRecord]] { state.withLock { $0.received } }

        /// Whether a sleep may end: each is a turn.
        func mayTurn() -> Bool {
            state.withLock { state in
                state.isIdle = state.leave == 0
                guard state.leave > 0 else { return false }
                state.leave -= 1
                return true
            }
        }

        /// Lets so many turns happen, and waits until the loop asks for another one.
        func turns(_ count: Int) async throws {
            state.withLock { state in
                state.leave += count
                state.isIdle = false
            }
            while state.withLock({ $0.leave > 0 || !$0.isIdle }) { await Task.yield() }
        }

        func take(_ batches: [[UInt8]]) async throws -> UInt64 {
            let records = try batches.map { try WireTelemetryBatch(buffer: ByteBuffer(bytes: $0)).records() }
            return try state.withLock { state in
                guard !state.isFailing else { throw AgentError(.link, "gone") }
                state.received += records
                return 0
            }
        }
    }
}
