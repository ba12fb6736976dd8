import DaemonKit
import Fleet
import Foundation
import Synchronization
import Testing

@testable import FleetAgent

/// Real programs, run by the real shim.
@Suite(.timeLimit(.minutes(1))) struct RequirementCheckTests {
    private struct Bench {
        let directory: String
        let check: RequirementCheck
        /// As after a boot.
        let next: RequirementCheck

        /// Installs a program that leaves a line in `asked` and then does what the script says.
        func install(_ name: String, _ script: String) throws {
            let text = "#!/bin/sh\necho asked >> \(directory)/asked\n\(script)\n"
            try FileAccess.replace("\(directory)/bin/\(name)", with: Array(text.utf8), mode: 0o755)
        }

        var asked: Int { ((try? FileAccess.readText("\(directory)/asked")) ?? "").split(separator: "\n").count }

        func unmet(_ command: [String], _ range: String?) async throws -> String? {
            try await check.unmet(
                [RuntimeRequirement(command: command, matches: try range.map { try VersionRange($0) })],
                runtime: "r",
                environment: ["PATH=\(directory)/bin:/usr/bin:/bin", "GREETING=hello"]
            )
        }
    }

    private func run(time: TimeSource = .system, _ body: (Bench) async throws -> Void) async throws {
        let fixture = try AgentFixture()
        let directory = fixture.files.directory
        defer { FileAccess.remove(directory) }
        try FileAccess.makeDirectory("\(directory)/bin")
        let question = HostQuestion(
            launcher: try ShimLauncher.beside(own: AgentFixture.shim),
            directory: fixture.files.asks,
            user: nil,
            time: time
        )
        let check = RequirementCheck(question: question, host: "lyon-1")
        let next = RequirementCheck(question: question, host: "lyon-1")
        try await body(Bench(directory: directory, check: check, next: next))
        let left = FileAccess.names(in: fixture.files.asks).filter { !$0.hasPrefix("met-") }
        #expect(left == [], "nothing is left of a question")
    }

    @Test func whatIsInstalledIsMetAndAskedForOnce() async throws {
        try await run { bench in
            try bench.install("server", "echo \"server, version 1.7.1 ($GREETING $1 $#)\"")
            #expect(try await bench.unmet(["server", "--version"], ">=1.7 <2") == nil)
            #expect(try await bench.unmet(["server", "--version"], ">=1.7 <2") == nil)
            #expect(bench.asked == 1)
            // Other conditions, the same answer.
            let reason = try await bench.unmet(["server", "--version"], ">=1.8")
            #expect(
                reason
                    == "runtime 'r' requires `server --version (>=1.8)` on lyon-1: here is version 1.7.1; install one that is "
                    + ">=1.8, or change the runtime's 'requires'"
            )
            #expect(bench.asked == 1)
            // Nor does the next agent ask, or one after a boot.
            let rebooted = Bench(directory: bench.directory, check: bench.next, next: bench.next)
            #expect(try await rebooted.unmet(["server", "--version"], ">=1.7 <2") == nil)
            #expect(bench.asked == 1)
            // Another program in its place is asked again.
            try bench.install("server", "echo server 2.0.0 is here now")
            #expect(
                try await bench.unmet(["server", "--version"], ">=1.7 <2")?.contains("here is version 2.0") == true
            )
            #expect(bench.asked == 2)
        }
    }

    @Test func whatIsNotThereFailsOrSaysNothingIsSaid() async throws {
        try await run { bench in
            try bench.install("broken", "echo all good; echo no licence >&2; exit 3")
            try bench.install("mute", "true")
            #expect(try await bench.unmet(["absent"], nil)?.contains("'absent' is not installed") == true)
            let broken = try await bench.unmet(["broken", "-v"], ">=1")
            #expect(broken?.contains("it ended with code 3, and said: no licence") == true, "\(broken ?? "")")
            #expect(try await bench.unmet(["mute"], nil) == nil)
            #expect(try await bench.unmet(["mute"], ">=1")?.contains("it printed no version") == true)
            // Somebody may be mending it: a failure is not remembered.
            _ = try await bench.unmet(["broken", "-v"], ">=1")
            #expect(bench.asked == 3)
        }
    }

    @Test func thereIsNoShell() async throws {
        try await run { bench in
            try bench.install("server", "echo \"1.0 $1\"")
            let reason = try await bench.unmet(["server", "$(touch \(bench.directory)/touched); 1"], ">=2")
            #expect(reason?.contains("here is version 1.0") == true, "\(reason ?? "")")
            #expect(!FileAccess.exists("\(bench.directory)/touched"))
        }
    }

    @Test func whatTakesTooLongIsEndedWithAllThatItStarted() async throws {
        let time = HastyTime { _ in true }
        try await run(time: time.source) { bench in
            try bench.install("server", "sleep 1000 & echo $! > \(bench.directory)/pid; exec sleep 1000")
            let reason = try await bench.unmet(["server"], nil)
            #expect(reason?.contains("did not end within 30s") == true, "\(reason ?? "")")
            guard let text = try FileAccess.readText("\(bench.directory)/pid"),
                let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
            else { return }
            while HostSystem.process(pid) != nil { await Task.yield() }
        }
    }

    @Test func whatSaysTooMuchIsCutOff() async throws {
        try await run { bench in
            try bench.install("server", "exec yes 1.2.3")
            let reason = try await bench.unmet(["server"], ">=1")
            // SIGXFSZ: it may not fill the disk.
            #expect(reason?.contains("signal 25") == true, "\(reason ?? "")")
        }
    }
}
