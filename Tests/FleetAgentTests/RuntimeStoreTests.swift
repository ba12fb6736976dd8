import Fleet
import Foundation
import Glibc
import NIOPosix
import Testing

@testable import FleetAgent

/// Environments made of real wheels by the real pip, in the real sandbox.
@Suite(.timeLimit(.minutes(3))) struct RuntimeStoreTests {
    private static let systemPython = "/usr/bin/python3"
    private static let greeting = "def main():\n    print('hello', 1)\n"

    /// An agent with a set of wheels whose server needs another wheel.
    private func run(
        quota: BlobQuota = .standard,
        replicaUser: ReplicaUser? = nil,
        _ body: @Sendable @escaping (AgentFixture, WheelFactory, RuntimeStore) async throws -> Void
    ) async throws {
        try await AgentFixture.run { fixture in
            let wheels = try WheelFactory(in: fixture.files.directory)
            defer { FileAccess.remove(wheels.directory) }
            try wheels.addPip()
            try wheels.add("greeter", "1.0", source: Self.greeting, script: "greet", requires: ["words>=2"])
            try wheels.add("words", "2.1", source: "WORD = 'hello'\n")
            try await fixture.agent(quota: quota, replicaUser: replicaUser) { supervisor in
                let store = RuntimeStore(
                    bundles: supervisor.bundles,
                    driver: supervisor.driver,
                    logger: fixture.logger
                )
                try await body(fixture, wheels, store)
            }
        }
    }

    private static func content(_ bundle: Digest, python: String? = nil) -> RevisionContent {
        RevisionContent(
            model: .init(name: "m", version: "1", format: "plain", bundle: Digest(of: [1])),
            runtime: RuntimeProfile(
                name: "greeter",
                bundle: RuntimeBundle(install: .wheels, digest: bundle, python: python),
                command: ["{runtime.dir}/bin/greet"],
                ports: ["http"],
                ready: .init(port: "http", path: "/")
            ),
            environment: [:],
            probe: nil
        )
    }

    /// What the environment's own script prints.
    private static func greeting(in directory: String) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "\(directory)/bin/greet")
        process.standardOutput = pipe
        try process.run()
        process.waitUntilExit()
        return String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }

    private static func refusal(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "nothing was refused"
        } catch {
            return (error as? AgentError)?.code == .refused ? "\(error)" : "not refused, but: \(error)"
        }
    }

    @Test(arguments: [false, true]) func wheelsBecomeOneEnvironmentForAll(isLocked: Bool) async throws {
        try await run { fixture, wheels, store in
            if isLocked { try wheels.lock() }
            let content = Self.content(try wheels.bundle(fixture.source))
            try await withThrowingTaskGroup { group in
                for _ in 0..<6 { group.addTask { try await store.ensure(content) } }
                try await group.waitForAll()
            }
            let directory = try #require(fixture.files.runtime(of: content.runtime))
            #expect(try Self.greeting(in: directory) == "hello 1\n")
            #expect(FileAccess.names(in: fixture.files.runtimes).count == 1)
            #expect(try await store.damage(in: content) == nil)
            // Nobody makes it again, and nothing is left of how it was made.
            var before = stat()
            stat("\(directory)/pyvenv.cfg", &before)
            try await store.ensure(content)
            var after = stat()
            stat("\(directory)/pyvenv.cfg", &after)
            #expect(before.st_ino == after.st_ino && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec)
            #expect(FileAccess.names(in: FileAccess.parent(of: directory)) == ["env", "installed"])
            #expect(!FileAccess.names(in: fixture.files.asks).contains { $0.hasPrefix("install-") })
            // Everybody who gets that far may read it.
            #expect(before.st_mode & 0o777 == 0o644 && before.st_uid == geteuid())
        }
    }

    @Test func whatIsTornOrChangedIsMadeAgain() async throws {
        try await run { fixture, wheels, store in
            let bundle = try wheels.bundle(fixture.source)
            let content = Self.content(bundle)
            let directory = try #require(fixture.files.runtime(of: content.runtime))
            try await store.ensure(content)
            // As an agent that was killed in the middle leaves it.
            unlink("\(FileAccess.parent(of: directory))/\(RuntimeInstallation.file)")
            unlink("\(directory)/bin/greet")
            #expect(try await store.damage(in: content) != nil)
            try await store.ensure(content)
            #expect(try Self.greeting(in: directory) == "hello 1\n")
            // A file that somebody has cut, and one that is gone.
            let module = try #require(
                try FileManager.default.subpathsOfDirectory(atPath: directory).first { $0.hasSuffix("/greeter.py") }
            )
            truncate("\(directory)/\(module)", 3)
            #expect(try await store.damage(in: content) == "the runtime's environment")
            try await store.ensure(content)
            unlink("\(directory)/bin/greet")
            try await store.ensure(content)
            #expect(try Self.greeting(in: directory) == "hello 1\n")
            // What the interpreter caches is no damage.
            try FileAccess.makeDirectory("\(directory)/\(FileAccess.parent(of: module))/__pycache__")
            try FileAccess.replace("\(directory)/\(FileAccess.parent(of: module))/__pycache__/x.pyc", with: [1])
            #expect(try await store.damage(in: content) == nil)
        }
    }

    @Test func whatAProcessRunsFromIsLeftAlone() async throws {
        try await run { fixture, wheels, store in
            let content = Self.content(try wheels.bundle(fixture.source))
            let directory = try #require(fixture.files.runtime(of: content.runtime))
            try await store.ensure(content)
            let server = Process()
            server.executableURL = URL(filePath: "\(directory)/bin/python")
            server.arguments = ["-c", "input()"]
            let input = Pipe()
            server.standardInput = input
            try server.run()
            defer { try? input.fileHandleForWriting.close() }
            unlink("\(directory)/bin/greet")
            try await store.ensure(content)
            #expect(try await store.damage(in: content) != nil, "it was made again under a process that runs from it")
            #expect(server.isRunning && FileAccess.exists("\(directory)/bin/python"))
        }
    }

    @Test func anotherInterpreterOfItsNameMakesNoOther() async throws {
        try await run { fixture, wheels, store in
            var content = Self.content(try wheels.bundle(fixture.source))
            try await store.ensure(content)
            content.runtime.environment = ["PATH": "/nowhere:/usr/local/bin:/usr/bin:/bin"]
            #expect(try await store.damage(in: content) == nil)
        }
    }

    @Test func anIncompleteSetIsRefusedWithPipsOwnWords() async throws {
        try await run { fixture, wheels, store in
            for name in FileAccess.names(in: wheels.directory) where name.hasPrefix("words") {
                FileAccess.remove("\(wheels.directory)/\(name)")
            }
            let content = Self.content(try wheels.bundle(fixture.source))
            let said = await Self.refusal { try await store.ensure(content) }
            #expect(
                said.contains(
                    "no environment can be made of the runtime's wheels on host-1: pip ended with code 1"
                )
            )
            #expect(said.contains("No matching distribution found for words>=2"), "\(said)")
            #expect(said.contains("nothing was changed: complete the set"))
            #expect(FileAccess.names(in: fixture.files.runtimes) == [])
        }
    }

    @Test func aSetWithoutPipIsRefused() async throws {
        try await run { fixture, wheels, store in
            for name in FileAccess.names(in: wheels.directory) where name.hasPrefix("pip") {
                FileAccess.remove("\(wheels.directory)/\(name)")
            }
            let content = Self.content(try wheels.bundle(fixture.source))
            #expect(await Self.refusal { try await store.ensure(content) }.contains("has no wheel of pip"))
        }
    }

    @Test func whatInstallsHasNoNetwork() async throws {
        try await run { fixture, wheels, store in
            for name in FileAccess.names(in: wheels.directory) where name.hasPrefix("pip") {
                FileAccess.remove("\(wheels.directory)/\(name)")
            }
            let port = try OpenPort(address: fixture.address, port: 8099)
            defer { port.close() }
            // A pip that would rather talk to somebody: to this machine itself.
            let pip = """
                import socket, sys
                try:
                    socket.create_connection(("\(fixture.address)", \(port.port)), timeout=5)
                    print("REACHED")
                except OSError as error:
                    print("the network said:", error)
                print(open("/proc/net/dev").read().count(":"), "interface")
                sys.exit(7)
                """
            try wheels.add("pip", "99", source: pip)
            let name = try #require(FileAccess.names(in: wheels.directory).first { $0.hasPrefix("pip-99") })
            // `python pip-99….whl/pip` runs a directory of that name within: here it is a module that is one.
            try Self.moveModule(in: "\(wheels.directory)/\(name)")
            let content = Self.content(try wheels.bundle(fixture.source))
            let said = await Self.refusal { try await store.ensure(content) }
            #expect(said.contains("pip ended with code 7"), "\(said)")
            #expect(said.contains("the network said:") && !said.contains("REACHED"), "\(said)")
            #expect(said.contains("1 interface"), "\(said)")
        }
    }

    /// Makes `pip.py` of a wheel its `pip/__main__.py`.
    private static func moveModule(in wheel: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let script = """
            import sys, zipfile
            with zipfile.ZipFile(sys.argv[1]) as old: source = old.read("pip.py")
            with zipfile.ZipFile(sys.argv[1], "a") as new: new.writestr("pip/__main__.py", source)
            """
        process.arguments = ["python3", "-c", script, wheel]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    @Test func whatNoRecordNamesGoesWithItsEnvironment() async throws {
        try await run { fixture, wheels, store in
            let content = Self.content(try wheels.bundle(fixture.source))
            try await store.ensure(content)
            let bundle = try #require(content.runtime.bundle?.digest)
            let collector = store.bundles.collector
            collector.keep(BundleKeep(mustStay: [bundle]))
            await collector.collect()
            #expect(FileAccess.names(in: fixture.files.runtimes).count == 1)
            // Half of another, which nobody is making.
            try FileAccess.makeDirectory("\(fixture.files.runtimes)/\(Digest(of: [7]).hex).0/env")
            collector.keep(BundleKeep())
            await collector.collect()
            #expect(FileAccess.names(in: fixture.files.runtimes) == [])
            #expect(!FileAccess.exists(fixture.files.bundle(bundle)))
        }
    }

    @Test func anEnvironmentCountsAgainstTheQuota() async throws {
        try await run(quota: .bytes(64 << 20)) { fixture, wheels, store in
            let content = Self.content(try wheels.bundle(fixture.source))
            let said = await Self.refusal { try await store.ensure(content) }
            #expect(said.contains("the runtime's environment (") && said.contains("--blob-quota"), "\(said)")
            #expect(FileAccess.names(in: fixture.files.runtimes) == [])
        }
    }

    @Test func anInterpreterThatIsNotThereIsSaid() async throws {
        try await run { fixture, wheels, store in
            let content = Self.content(try wheels.bundle(fixture.source), python: "python2.5")
            #expect(
                await Self.refusal { try await store.ensure(content) }
                    == "'python2.5', which makes the environment of runtime 'greeter', is not installed on host-1; install it, or "
                    + "name another in the runtime's bundle.python"
            )
        }
    }

    @Test(
        .enabled(
            if: AgentFixture.isRoot && FileAccess.exists(systemPython),
            "NOT tested here: no root, or no Python of Debian"
        )
    )
    func theReplicasUserMakesItAndCannotChangeIt() async throws {
        try await run(replicaUser: ReplicaUser(named: "nobody")) { fixture, wheels, store in
            // The machine's own interpreter may be below a home that nobody else can enter.
            let content = Self.content(try wheels.bundle(fixture.source), python: Self.systemPython)
            try await store.ensure(content)
            let directory = try #require(fixture.files.runtime(of: content.runtime))
            #expect(try Self.greeting(in: directory) == "hello 1\n")
            for path in try FileManager.default.subpathsOfDirectory(atPath: directory) {
                var status = stat()
                lstat("\(directory)/\(path)", &status)
                guard status.st_mode & S_IFMT != S_IFLNK else { continue }
                #expect(status.st_uid == 0 && status.st_mode & 0o022 == 0, "\(path)")
            }
        }
    }
}
