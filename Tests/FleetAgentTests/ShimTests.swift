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

    private func hold(
        _ script: String,
        logLimit: Int64? = nil,
        in place: String? = nil,
        _ body: @Sendable (Bench) async throws -> Void
    ) async throws {
        let fixture = try AgentFixture()
        let directory = place.map { "\($0)/\(UInt64.random(in: 0...9_999_999))" } ?? fixture.files.directory
        defer { FileAccess.remove(directory) }
        try FileAccess.makeDirectory(directory)
        let specification = ShimSpecification(
            directory: directory,
            log: "\(directory)/log",
            workingDirectory: directory,
            arguments: ["sh", "-c", script],
            environment: ["PATH=/usr/bin:/bin", "SECRET=hush"],
            boot: HostSystem.boot,
            logLimit: logLimit
        )
        let handle = try ShimLauncher.beside(own: AgentFixture.shim).launch(specification)
        let failure: (any Error)?
        do {
            try await body(Bench(directory: directory, handle: handle))
            failure = nil
        } catch {
            failure = error
        }
        kill(-handle.child.pid, SIGKILL)
        // Its last words would make the directory again.
        while HostSystem.lives(handle.shim) { await Task.yield() }
        if let failure { throw failure }
    }

    @Test func itHoldsAProcessAwayFromTheAgent() async throws {
        try await hold("echo $SECRET; exec tail -f /dev/null") { bench in
            let (shim, child) = (bench.handle.shim, bench.handle.child)
            #expect(HostSystem.lives(shim) && HostSystem.lives(child))
            #expect(getsid(shim.pid) == shim.pid, "a session of its own")
            #expect(getpgid(child.pid) == child.pid, "a process group of its own")
            let commandLine = try #require(try FileAccess.readText("/proc/\(shim.pid)/cmdline"))
            #expect(!commandLine.contains("hush"))
            let socket = "\(bench.directory)/\(ShimFiles.socket)"
            let mode = try FileManager.default.attributesOfItem(atPath: socket)[.posixPermissions] as? Int
            #expect(mode == 0o700 || mode == 0o600)
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

    /// As under systemd: an agent that is not root, with capabilities that its shims inherit. Replicas get none of them.
    @Test(
        .enabled(if: AgentFixture.isRoot, AgentFixture.notRoot),
        .enabled(if: FileAccess.exists("/usr/bin/setpriv"), "NOT tested here: there is no setpriv; install util-linux")
    )
    func capabilitiesOfTheAgentEndWithIt() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/muster-caps-\(UInt64.random(in: 0...9_999_999))"
        defer { FileAccess.remove(directory) }
        try FileAccess.makeDirectory(directory)
        let specification = ShimSpecification(
            directory: directory,
            log: "",
            workingDirectory: "/",
            arguments: ["sh", "-c", "id -u; grep -E 'Cap|NoNew' /proc/self/status"],
            environment: ["PATH=/usr/bin:/bin"],
            boot: "",
            user: ShimUser(id: 1, group: 1)
        )
        let path = "\(directory)/spec"
        try FileAccess.replace(path, with: try #require(specification.bytes), mode: 0o644)
        try FileAccess.replace(
            "\(directory)/shim",
            with: try #require(try FileAccess.read(AgentFixture.shim)),
            mode: 0o755
        )
        chmod(directory, 0o755)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/setsid")
        let capabilities = "+setuid,+setgid,+net_admin"
        process.arguments = [
            "--wait", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", capabilities,
            "--ambient-caps",
            capabilities, "\(directory)/shim", "--once", path,
        ]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(said.hasPrefix("1\n"), "\(said)")
        #expect(said.contains("CapEff:\t0000000000000000"), "\(said)")
        #expect(said.contains("CapAmb:\t0000000000000000"), "\(said)")
        #expect(said.contains("NoNewPrivs:\t1"), "\(said)")
    }

    /// Writes numbered lines without a pause.
    private static let writer =
        "i=0; while [ $i -lt $COUNT ]; do echo line $i; i=$((i+1)); done; echo done > finished; "

    private static func numbers(_ text: String) -> [Int] {
        text.split(separator: "\n").compactMap { $0.hasPrefix("line ") ? Int($0.dropFirst(5)) : nil }
    }

    /// The lines of all the files, the oldest first.
    private static func log(_ bench: Bench) -> String {
        [".2", ".1", ""].map { (try? FileAccess.readText("\(bench.directory)/log\($0)")) ?? "" }.joined()
    }

    /// The file system of the build machine takes the beginning out of a file (ext4, XFS): nothing is lost.
    @Test func aLogIsRotatedWhileItIsWrittenAndNothingIsLost() async throws {
        try await hold("COUNT=30000; \(Self.writer) exec tail -f /dev/null", logLimit: 200_000) { bench in
            while !FileAccess.exists("\(bench.directory)/finished") { await Task.yield() }
            while (FileAccess.size(of: "\(bench.directory)/log") ?? .max) > 200_000 { await Task.yield() }
            #expect(FileAccess.exists("\(bench.directory)/log.1"))
            let text = Self.log(bench)
            if text.contains("the log was cut here") { return }
            #expect(!text.contains("not kept"))
            #expect(Self.numbers(text) == Array(0..<30_000))
        }
    }

    /// Where it cannot (tmpfs), the log is cut, says so, and stays within its bound.
    @Test(.enabled(if: FileAccess.exists("/dev/shm"), "NOT tested here: /dev/shm is not mounted"))
    func aLogThatCannotBeRotatedIsCutAndSaysSo() async throws {
        let script = "COUNT=60000; \(Self.writer) exec tail -f /dev/null"
        try await hold(script, logLimit: 100_000, in: "/dev/shm") { bench in
            while !FileAccess.exists("\(bench.directory)/finished") { await Task.yield() }
            while (FileAccess.size(of: "\(bench.directory)/log") ?? .max) > 100_000 { await Task.yield() }
            let text = Self.log(bench)
            #expect(text.contains("muster-shim: the log was cut here"))
            // Of what came too fast the newest is kept, and what is not kept is counted.
            #expect(text.utf8.count <= 600_000)
            #expect(Self.numbers(text).last == 59_999)
            #expect((FileAccess.size(of: "\(bench.directory)/log.1") ?? 0) <= 300_000)
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
