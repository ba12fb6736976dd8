import Fleet
import Foundation
import NIOPosix
import ShimProtocol
import Testing

@testable import FleetAgent

/// The real shim with real processes.
@Suite(.timeLimit(.minutes(1))) struct ShimTests {
    /// A shim's directory, and what runs in it.
    private struct Bench {
        let directory: String
        let handle: ShimHandle

        var log: String { (try? FileAccess.readText("\(directory)/log")) ?? "" }

        func connect() async throws -> ShimConnection {
            try await ShimConnection.connect(
                to: "\(directory)/\(ShimFiles.socket)",
                group: MultiThreadedEventLoopGroup.singleton
            )
        }

        /// The first reply that says that the child has ended.
        func exit(_ connection: ShimConnection) async -> ShimExit? {
            for await reply in connection.replies { if case .exited(let record) = reply { return record.exit } }
            return nil
        }
    }

    private func hold(_ script: String, _ body: @Sendable (Bench) async throws -> Void) async throws {
        let fixture = try AgentFixture()
        let directory = fixture.files.directory
        defer { FileAccess.remove(directory) }
        try FileAccess.makeDirectory(directory)
        let specification = ShimSpecification(
            directory: directory,
            log: "\(directory)/log",
            workingDirectory: directory,
            arguments: ["sh", "-c", script],
            environment: ["PATH=/usr/bin:/bin", "SECRET=hush"],
            boot: HostSystem.boot
        )
        let handle = try ShimLauncher.beside(own: AgentFixture.shim).launch(specification)
        defer { kill(-handle.child.pid, SIGKILL) }
        try await body(Bench(directory: directory, handle: handle))
    }

    @Test func itHoldsAProcessAwayFromTheAgent() async throws {
        try await hold("echo $SECRET; exec tail -f /dev/null") { bench in
            let (shim, child) = (bench.handle.shim, bench.handle.child)
            #expect(HostSystem.lives(shim) && HostSystem.lives(child))
            #expect(getsid(shim.pid) == shim.pid, "a session of its own")
            #expect(getpgid(child.pid) == child.pid, "a process group of its own")
            let commandLine = try #require(try FileAccess.readText("/proc/\(shim.pid)/cmdline"))
            #expect(!commandLine.contains("hush"))
            var status = stat()
            #expect(stat("\(bench.directory)/\(ShimFiles.socket)", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o700 || status.st_mode & 0o777 == 0o600)
        }
    }

    @Test func itAnswersAndTellsTheEnd() async throws {
        try await hold("echo up; exec tail -f /dev/null") { bench in
            let connection = try await bench.connect()
            connection.send(.watch)
            var replies = connection.replies.makeAsyncIterator()
            #expect(await replies.next() == .running(bench.handle.child))
            connection.send(.stop(signal: SIGTERM, grace: 30_000))
            #expect(await replies.next() == .stopping(bench.handle.child))
            guard case .exited(let record)? = await replies.next() else {
                Issue.record("no word about the end")
                return
            }
            #expect(record.exit == .signal(SIGTERM))
            let text = try #require(try FileAccess.readText("\(bench.directory)/\(ShimFiles.exit)"))
            #expect(ShimExitRecord(text: text) == record)
            #expect(bench.log == "up\n")
        }
    }

    @Test func whatIgnoresTheSignalIsKilledAfterTheGrace() async throws {
        try await hold("trap '' TERM; echo up; exec tail -f /dev/null") { bench in
            while bench.log.isEmpty { await Task.yield() }
            let connection = try await bench.connect()
            connection.send(.stop(signal: SIGTERM, grace: 100))
            connection.send(.watch)
            #expect(await bench.exit(connection) == .signal(SIGKILL))
        }
    }

    @Test func whatLeavesTheGroupGoesWithIt() async throws {
        try await hold("setsid tail -f /dev/null & echo $!; exec tail -f /dev/null") { bench in
            let connection = try await bench.connect()
            connection.send(.watch)
            // The script writes the number before it becomes the process that is stopped.
            while bench.log.isEmpty { await Task.yield() }
            let orphan = try #require(Int32(bench.log.trimmingCharacters(in: .whitespacesAndNewlines)))
            connection.send(.stop(signal: SIGTERM, grace: 30_000))
            _ = await bench.exit(connection)
            while HostSystem.process(orphan) != nil { await Task.yield() }
        }
    }

    @Test func whatCannotRunIsSaid() async throws {
        let fixture = try AgentFixture()
        let directory = fixture.files.directory
        defer { FileAccess.remove(directory) }
        try FileAccess.makeDirectory(directory)
        let specification = ShimSpecification(
            directory: directory,
            log: "\(directory)/log",
            workingDirectory: directory,
            arguments: ["no-such-program"],
            environment: ["PATH=/usr/bin"],
            boot: "b"
        )
        let error = #expect(throws: AgentError.self) {
            try ShimLauncher.beside(own: AgentFixture.shim).launch(specification)
        }
        #expect(error?.message.contains("cannot run 'no-such-program'") == true)
        #expect(error?.message.contains("No such file or directory") == true)
    }
}
