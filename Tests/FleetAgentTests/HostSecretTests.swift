import Fleet
import Foundation
import Testing

@testable import FleetAgent

/// Variables whose texts stand in files of the host.
@Suite(.timeLimit(.minutes(1))) struct HostSecretTests {
    private static func refusal(_ path: String, within directory: String) -> String? {
        do {
            _ = try HostSecret.read(path, within: [directory])
            return nil
        } catch {
            return error.message
        }
    }

    private func inDirectory(_ body: (String) throws -> Void) throws {
        let directory =
            FileManager.default.temporaryDirectory.path + "/muster-secret-\(UInt64.random(in: 0...9_999_999))"
        try FileAccess.makeDirectory("\(directory)/secrets")
        defer { FileAccess.remove(directory) }
        try body(directory)
    }

    @Test func aTextIsReadWithoutItsLastNewline() throws {
        try inDirectory { directory in
            let path = "\(directory)/secrets/db"
            let cases = [
                ("hunter2\n", "hunter2"), ("hunter2", "hunter2"), ("a\nb\n\n", "a\nb\n"), ("", ""), ("\n", ""),
                (String(repeating: "x", count: HostSecret.limit), String(repeating: "x", count: HostSecret.limit)),
            ]
            for (written, wanted) in cases {
                try FileAccess.replace(path, with: Array(written.utf8), mode: 0o640)
                #expect(try HostSecret.read(path, within: ["\(directory)/secrets"]) == wanted)
            }
        }
    }

    @Test func whatCannotBeUsedIsRefusedWithoutAWordOfIt() throws {
        try inDirectory { directory in
            let secrets = "\(directory)/secrets"
            let path = "\(secrets)/db"
            #expect(Self.refusal(path, within: secrets)?.contains("cannot be found (No such file") == true)
            let cases: [([UInt8], UInt32, String)] = [
                (Array("hunter2".utf8), 0o644, "open to everybody on the host: `chmod o= \(path)`"),
                (Array("hunter2".utf8), 0o602, "open to everybody"), (Array("hunter2\0".utf8), 0o600, "holds a NUL"),
                (Array("hunter2".utf8) + [0xFF], 0o600, "not UTF-8"),
                ([UInt8](repeating: 0x78, count: HostSecret.limit + 1), 0o600, "longer than 65536 bytes"),
            ]
            for (bytes, mode, words) in cases {
                try FileAccess.replace(path, with: bytes)
                #expect(chmod(path, mode) == 0)
                let said = Self.refusal(path, within: secrets)
                #expect(said?.contains(words) == true, "\(said ?? "taken")")
                #expect(said?.contains("hunter2") == false)
            }
            FileAccess.remove(path)
            #expect(mkfifo(path, 0o600) == 0)
            #expect(Self.refusal(path, within: secrets)?.contains("no regular file") == true, "and nobody waits for it")
            #expect(Self.refusal(secrets, within: directory)?.contains("no regular file") == true)
        }
    }

    @Test func linksLeadNowhereElse() throws {
        try inDirectory { directory in
            let secrets = "\(directory)/secrets"
            try FileAccess.replace("\(directory)/other", with: Array("hunter2".utf8))
            try FileAccess.replace("\(secrets)/own", with: Array("mine".utf8))
            #expect(symlink("\(directory)/other", "\(secrets)/out") == 0)
            #expect(symlink("own", "\(secrets)/in") == 0)
            #expect(symlink(secrets, "\(directory)/link") == 0)
            let said = Self.refusal("\(secrets)/out", within: secrets)
            #expect(
                said?.contains("leads to") == true && said?.contains("/other, out of \(secrets)") == true,
                "\(said ?? "")"
            )
            #expect(try HostSecret.read("\(secrets)/in", within: [secrets]) == "mine")
            #expect(try HostSecret.read("\(directory)/link/own", within: ["\(directory)/link"]) == "mine")
            #expect(Self.refusal("\(directory)/link/../other", within: secrets) != nil)
        }
    }

    @Test func aSecretReachesTheServerAndNothingElse() async throws {
        try await AgentFixture.run { fixture in
            let secrets = "\(fixture.files.directory)-secrets"
            try FileAccess.makeDirectory(secrets)
            defer { FileAccess.remove(secrets) }
            try fixture.write(policy: "users = \(HostSystem.user)\nsecrets = \(secrets)")
            let first = try fixture.revision(1, answer: 10)
            var keyed = try JSONCoding.content(of: try fixture.revision(2, answer: 20))
            keyed.environment = ["GREETING": .file("\(secrets)/greeting")]
            let second = Revision(number: 2, content: keyed, written: Digest(of: "written 2".utf8))
            var outside = keyed
            outside.environment = ["GREETING": .file("\(fixture.policy)")]
            let forbidden = outside
            let third = Revision(number: 3, content: forbidden, written: Digest(of: "written 3".utf8))
            try await fixture.agent { agent in
                try await agent.give(fixture.item(1, .converge, first))
                let pid = try await agent.until { $0.state == .verified }.instance?.pid
                try await agent.give(fixture.item(2, .converge, second))
                let absent = try await agent.until { $0.item == 2 && $0.state == .reverted }
                let reason = try #require(absent.reason)
                #expect(
                    reason.contains(
                        "variable GREETING cannot be given on host-1: the file \(secrets)/greeting cannot be found"
                    ),
                    "\(reason)"
                )
                #expect(absent.instance?.pid == pid && absent.failure?.kind == .refused, "before anything moves")
                try await agent.give(fixture.item(3, .converge, third))
                let refused = try await agent.until { $0.item == 3 && $0.state == .reverted }
                #expect(
                    refused.reason?.contains("rule 'secrets' (\(fixture.policy):2)") == true,
                    "\(refused.reason ?? "")"
                )
                try FileAccess.replace("\(secrets)/greeting", with: Array("kept-from-everybody\n".utf8), mode: 0o600)
                try await agent.give(fixture.item(4, .converge, second))
                _ = try await agent.until { $0.item == 4 && $0.state == .verified }
                #expect(try await fixture.ask()["variable"] == .string("kept-from-everybody"))
                #expect(agent.driver.secretTexts(forbidden).isEmpty, "what the policy does not allow is not read")
                #expect(
                    agent.driver.secretTexts(try JSONCoding.content(of: second))
                        == ["\(secrets)/greeting": "kept-from-everybody"]
                )
                let told = try JSONCoding.encode(agent.board.report(sequence: 1))
                #expect(!String(decoding: told, as: UTF8.self).contains("kept-from-everybody"))
            }
            let journal = String(decoding: try FileAccess.read(fixture.files.journal) ?? [], as: UTF8.self)
            #expect(journal.contains("\(secrets)/greeting") && !journal.contains("kept-from-everybody"))
        }
    }
}
