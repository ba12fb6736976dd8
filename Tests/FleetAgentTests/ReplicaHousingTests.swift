import Fleet
import Foundation
import Glibc
import ShimProtocol
import Testing

@testable import FleetAgent

/// What replicas are kept in, with the whole agent, real shims and processes.
@Suite(.timeLimit(.minutes(2))) struct ReplicaHousingTests {
    @Test(.enabled(if: AgentFixture.hasGroups, AgentFixture.noGroups))
    func aReplicaThatNeedsTooMuchMemoryIsKilledAndTheCauseSaysSo() async throws {
        try await AgentFixture.run { fixture in
            let hungry = try fixture.revision(1, answer: 10, resources: ReplicaResources(memory: ByteQuantity("64Mi")))
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, hungry))
                _ = try await agent.until { $0.state == .verified }
                await #expect(throws: (any Error).self) { _ = try await fixture.ask(#"{"eat": 200}"#) }
                let dead = try await agent.until { $0.serving == nil }
                let reason = try #require(dead.reason)
                #expect(reason.contains("out of memory"), "\(reason)")
                #expect(reason.contains("64Mi"), "\(reason)")
            }
        }
    }

    @Test(.enabled(if: AgentFixture.isRoot, AgentFixture.notRoot))
    func replicasRunAsAnotherUserThatReadsItsModelAndNothingElse() async throws {
        try await AgentFixture.run { fixture in
            let user = try ReplicaUser(named: "nobody")
            let resources = ReplicaResources(openFiles: 512)
            let revision = try fixture.revision(1, answer: 10, resources: resources)
            try await fixture.agent(replicaUser: user) { agent in
                #expect(agent.board.facts.isRoot == false)
                #expect(agent.board.facts.user == "nobody")
                try await agent.give(fixture.item(1, .converge, revision))
                _ = try await agent.until { $0.state == .verified }
                let answer = try await fixture.ask()
                #expect(answer["uid"] == .integer(Int64(user.shim.id)))
                #expect(answer["gid"] == .integer(Int64(user.shim.group)))
                #expect(answer["files"] == .integer(512))
                #expect(answer["home"] == answer["cwd"])
                guard case .integer(let pid)? = answer["pid"] else { return }
                let status = try #require(try FileAccess.readText("/proc/\(pid)/status"))
                #expect(status.contains("NoNewPrivs:\t1"))
                #expect(status.contains("CapEff:\t0000000000000000"))
                #expect(getsid(Int32(pid)) == Int32(pid), "a session of its own")
                // What belongs to the agent alone: its identity, the shim's words, the journal.
                for path in ["journal", "logs/wine.log", "replicas"] {
                    #expect(Self.canRead("\(fixture.files.directory)/\(path)", as: user) == false, "\(path)")
                }
                let bundle = FileAccess.names(in: fixture.files.models)[0]
                #expect(Self.canRead("\(fixture.files.models)/\(bundle)/model.json", as: user))
            }
        }
    }

    @Test func aDirectoryThatCannotBeListedIsNoReasonToEndAnything() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                let pid = try await agent.until { $0.state == .verified }.instance?.pid
                let kept = "\(fixture.files.replicas).kept"
                rename(fixture.files.replicas, kept)
                try FileAccess.replace(fixture.files.replicas, with: [])
                #expect(throws: AgentError.self) { try agent.driver.housing.sweep() }
                unlink(fixture.files.replicas)
                rename(kept, fixture.files.replicas)
                #expect(try await fixture.ask()["pid"] == .integer(Int64(pid ?? 0)))
            }
        }
    }

    private static func canRead(_ path: String, as user: ReplicaUser) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        let reader = path.hasSuffix("replicas") ? ["ls", path] : ["head", "-c1", path]
        process.arguments = ["--reuid", "\(user.shim.id)", "--regid", "\(user.shim.group)", "--clear-groups"] + reader
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try? process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    @Test func aReplicaOutlivesItsShim() async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10)
            let second = try fixture.revision(2, answer: 20)
            let pid = Shared<Int32>()
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                pid.value = try await agent.until { $0.state == .verified }.instance?.pid
                kill(try Self.shim(in: fixture), SIGKILL)
                #expect(try await fixture.ask()["pid"] == .integer(Int64(pid.value ?? 0)))
            }
            // The next agent finds it, and can end it.
            try await fixture.agent { agent in
                let report = try await agent.until { $0.serving != nil }
                #expect(report.instance?.pid == pid.value)
                try await agent.give(fixture.item(2, .converge, second, succeeded: [first]))
                _ = try await agent.until { $0.item == 2 && $0.state == .verified }
                #expect(HostSystem.process(try #require(pid.value)) == nil)
                #expect(try await fixture.ask()["answer"] == .array([.integer(20)]))
                // Without a shim its end is seen all the same.
                let shim = try Self.shim(in: fixture)
                kill(shim, SIGKILL)
                while HostSystem.process(shim) != nil { await Task.yield() }
                kill(try #require(agent.board.replica("uid-1")?.instance?.pid), SIGKILL)
                let dead = try await agent.until { $0.serving == nil }
                #expect(dead.reason?.contains("its shim was killed before") == true, "\(dead.reason ?? "")")
            }
        }
    }

    private static func shim(in fixture: AgentFixture) throws -> Int32 {
        let name = try #require(FileAccess.names(in: fixture.files.replicas).last)
        let text = try #require(try FileAccess.readText("\(fixture.files.replica(name))/\(ShimFiles.handle)"))
        return try #require(ShimHandle(text: text)).shim.pid
    }

    @Test(arguments: AgentFixture.hasGroups ? [true, false] : [false])
    func whatAReplicaLeftBehindIsKilledBeforeTheNextStarts(withGroups: Bool) async throws {
        try await AgentFixture.run { fixture in
            let first = try fixture.revision(1, answer: 10, extra: ", \"stray\": true")
            let groups = withGroups ? nil : ControlGroups(unavailable: "for the test")
            try await fixture.agent(groups: groups) { agent in
                try await agent.give(fixture.item(1, .converge, first))
                _ = try await agent.until { $0.state == .verified }
            }
            let left = try Self.sleepers(in: fixture)
            try #require(left.count == 1)
            // Everything that knew of it dies at once, as when the host runs out of memory.
            let shim = try Self.shim(in: fixture)
            let name = try #require(FileAccess.names(in: fixture.files.replicas).first)
            let handle = try #require(try FileAccess.readText("\(fixture.files.replica(name))/\(ShimFiles.handle)"))
            kill(shim, SIGKILL)
            let child = try #require(ShimHandle(text: handle)).child
            kill(child.pid, SIGKILL)
            while HostSystem.lives(child) { await Task.yield() }
            #expect(HostSystem.process(left[0]) != nil)
            try await fixture.agent(groups: groups) { agent in
                _ = try await agent.until { $0.serving != nil && $0.instance?.pid != child.pid }
                let now = try Self.sleepers(in: fixture)
                #expect(now.count == 1)
                #expect(now != left)
            }
        }
    }

    /// The strays of this fixture's replicas.
    private static func sleepers(in fixture: AgentFixture) throws -> [Int32] {
        let mark = "\(ReplicaHousing.mark)=\(ReplicaHousing.groupName(fixture.files, instance: "i-1"))/"
        return FileAccess.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            guard let environment = try? FileAccess.readText("/proc/\(pid)/environ"), environment.contains(mark),
                let command = try? FileAccess.readText("/proc/\(pid)/cmdline")
            else { return false }
            return command.hasPrefix("sleep\0")
        }
    }

    /// As issue 2's agent left it: a ticket and a specification without the words of today.
    @Test func aReplicaThatTheFirstVersionStartedIsAdopted() async throws {
        try await AgentFixture.run { fixture in
            let directory = fixture.files.replica("1bc04b52-1")
            try FileAccess.makeDirectory(directory)
            try FileAccess.makeDirectory(fixture.files.logs)
            let digest = "sha256:\(String(repeating: "0", count: 64))"
            let ticket = """
                {"attempt":1,"deployment":"uid-1","log":"wine.log","ports":{"http":18000},\
                "revision":{"digest":"\(digest)","number":1,"written":"\(digest)"}}
                """
            try FileAccess.replace("\(directory)/replica.json", with: Array(ticket.utf8))
            let old = [
                "muster-shim/1", "directory=\(directory)", "log=\(fixture.files.logs)/wine.log",
                "workingDirectory=\(directory)", "boot=\(HostSystem.boot)", "argument=sleep", "argument=1000",
                "environment=PATH=/usr/bin:/bin",
            ]
            try FileAccess.replace("\(directory)/spec", with: old.flatMap { Array($0.utf8) + [0] })
            let process = Process()
            process.executableURL = URL(filePath: AgentFixture.shim)
            process.arguments = ["\(directory)/spec"]
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            try await fixture.agent { agent in
                let report = try await agent.until { $0.serving != nil }
                let pid = try #require(report.instance?.pid)
                #expect(try FileAccess.readText("/proc/\(pid)/cmdline") == "sleep\01000\0")
                try await agent.give(fixture.item(1, .remove, nil))
                _ = try await agent.until { $0.state == .removed }
                #expect(HostSystem.process(pid) == nil)
            }
        }
    }

    @Test func aNumberOfAnEarlierBootIsNobodysReplica() async throws {
        try await AgentFixture.run { fixture in
            let place = "\(fixture.files.directory)/bystander"
            try FileAccess.makeDirectory(place)
            let bystander = try ShimLauncher.beside(own: AgentFixture.shim).launch(
                ShimSpecification(
                    directory: place,
                    log: "\(place)/log",
                    workingDirectory: place,
                    arguments: ["sleep", "1000"],
                    environment: ["PATH=/usr/bin:/bin"],
                    boot: HostSystem.boot
                )
            )
            defer { kill(-bystander.child.pid, SIGKILL) }
            let directory = fixture.files.replica("1bc04b52-1")
            try FileAccess.makeDirectory(directory)
            let digest = Digest(of: "x".utf8)
            let ticket = ReplicaTicket(
                deployment: "uid-1",
                attempt: 1,
                revision: RevisionReference(number: 1, digest: digest, written: digest),
                ports: [:]
            )
            try FileAccess.replace("\(directory)/replica.json", with: try JSONCoding.encode(ticket))
            var handle = bystander
            handle.boot = "of-another-boot/1"
            try FileAccess.replace("\(directory)/handle", with: Array(handle.text.utf8))
            try await fixture.agent { agent in
                while FileAccess.exists(directory) { await Task.yield() }
                #expect(agent.board.replica("uid-1") == nil)
                #expect(HostSystem.lives(bystander.child))
            }
        }
    }
}
