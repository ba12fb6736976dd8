import ArgumentParser
import Fleet
import FleetController
import Foundation
import Testing

@testable import muster

/// Operators, hosts and the audit at the command line, against a real controller.
@Suite(.serialized) struct AccessDayTests {
    @Test func operatorsComeAndGo() async throws {
        try await OperatorsDayTests.withController { url, controller, directory in
            let admin = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/admin"])
            #expect(try await admin("login", url, "--credentials", controller.credentialsPath).status == 0)
            let made = try await admin("operator", "token", "create", "ana", "--role", "viewer", "--ttl", "90d")
            #expect(made.status == 0 && made.output.hasPrefix("muster-op-"))
            #expect(made.error.contains("ana is viewer until 20") && made.error.contains("--authority sha256:"))

            let ana = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/ana"])
            let authority = controller.authorityDigest.description
            let login = try await ana("login", url, "--token", "-", "--authority", authority, input: made.output)
            #expect(login.output.hasPrefix("logged in to \(url)") && login.output.contains("as ana, viewer"))
            #expect(try await ana("get", "hosts").status == 0)
            let refused = try await ana("host", "token", "create")
            #expect(refused.status == 1)
            #expect(refused.error.contains("ana cannot make enrolment tokens: the role 'viewer' does not allow it"))
            #expect(refused.error.contains("→ ask somebody with the role 'admin'"))

            let twice = try await admin("operator", "token", "create", "ana", "--role", "admin")
            #expect(twice.status == 1 && twice.error.contains("muster operator token revoke ana"))
            let list = try await admin("operator", "token", "list")
            #expect(list.output.contains("NAME   ROLE") && list.output.contains("ana    viewer"))
            #expect(!list.output.contains("muster-op-"))
            #expect(try await admin("operator", "token", "revoke", "ana", "--reason", "left").status == 0)
            #expect(try await ana("get", "hosts").status == 1)
            let locked = try await admin("operator", "token", "revoke", "admin")
            #expect(locked.status == 1 && locked.error.contains("no other admin's token lasts"))
        }
    }

    @Test func hostsAreSentAwayOnlyWhenConfirmed() async throws {
        try await OperatorsDayTests.withController { url, controller, directory in
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config"])
            #expect(try await muster("login", url, "--credentials", controller.credentialsPath).status == 0)
            #expect(try await muster("host", "token", "list").output == "no enrolment tokens in the last 30 days\n")
            let token = try await muster("host", "token", "create", "--label", "site=lyon").output
            let revoked = try await muster("host", "token", "revoke", token.trimmingCharacters(in: .newlines))
            #expect(revoked.output.hasSuffix("lets nobody in (revoked)\n"), "\(revoked)")
            #expect(try await muster("host", "token", "list").output.contains("revoked  site=lyon"))

            let unknown = try await muster("host", "revoke", "h1", "--reason", "x", "--confirm", "h1")
            #expect(unknown.status == 1 && unknown.error.contains("there is no host 'h1'"))
            let label = try await muster("host", "label", "h1", "site=ulm", "rack-")
            #expect(label.status == 1 && label.error.contains("there is no host 'h1'"))
            let cordon = try await muster("host", "cordon", "h1", "--reason", "its disk")
            #expect(cordon.status == 1 && cordon.error.contains("there is no host 'h1'"))
            let adopt = try await muster("host", "adopt-port", "h1", "8080")
            #expect(adopt.status == 1 && adopt.error.contains("there is no host 'h1'"))
            for port in ["0", "65536", "http"] {
                let wrong = try await muster("host", "adopt-port", "h1", port)
                #expect(wrong.status == 64 && wrong.error.contains("'\(port)' is no port: write a number from 1 to"))
            }
            let nobody = try await muster("host", "uncordon", "-l", "site=lyon")
            #expect(nobody.status == 1 && nobody.error.contains("no host matches 'site=lyon'"))
            let both = try await muster("host", "cordon", "h1", "-l", "site=lyon", "--reason", "x")
            #expect(both.status == 64 && both.error.contains("names and --selector exclude each other"))
            #expect(try await muster("delete", "host", "h1").status == 1)
            #expect(try await muster("host", "label", "h1").status == 64)
        }
    }

    @Test func theAuditIsProvenAtTheDesk() async throws {
        try await OperatorsDayTests.withController { url, controller, directory in
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config"])
            #expect(try await muster("login", url, "--credentials", controller.credentialsPath).status == 0)
            for name in ["ana", "bo"] {
                let words = ["operator", "token", "create", name, "--role", "oncall", "--reason", "on call"]
                #expect(try await muster.run(words).status == 0)
            }
            let list = try await muster("audit", "--actor", "admin")
            #expect(list.output.hasPrefix("NUMBER  TIME"))
            #expect(list.output.contains("create  operatortoken/ana  on call"))
            let json = try await muster("audit", "-o", "json")
            let records = try json.output.split(separator: "\n").map { line in
                try JSONDecoder().decode(AuditRecord.self, from: Data(line.utf8))
            }
            #expect(records.count == 3 && records.map(\.sequence) == [1, 2, 3])
            #expect(try await muster("audit", "deployment/wine").output == "nothing of that was done\n")

            let whole = try await muster("audit", "verify")
            #expect(whole.status == 0 && whole.output.hasPrefix("the audit is whole: 3 records, from 20"))
            let known = try #require(whole.output.split(separator: "--known ").last).trimmingCharacters(in: .newlines)
            #expect(try await muster("operator", "token", "revoke", "bo").status == 0)
            #expect(try await muster("audit", "verify", "--known", known).status == 0)
            let other = "2:" + known.dropFirst(2)
            let rewritten = try await muster("audit", "verify", "--known", other)
            #expect(rewritten.status == 1 && rewritten.error.contains("written anew: record 2"))

            try await Self.forge("UPDATE audit SET reason = 'never' WHERE sequence = 2", in: "\(directory)/data")
            let broken = try await muster("audit", "verify")
            #expect(broken.status == 1 && broken.error.contains("broken at record 2: its content was changed"))
        }
    }

    /// Writes into the store behind the controller's back.
    private static func forge(_ sql: String, in data: String) async throws {
        let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, "\(data)/fleet.sqlite", sql]
        let (ended, end) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { process in
            end.yield(process.terminationStatus)
            end.finish()
        }
        try process.run()
        for await code in ended { #expect(code == 0) }
    }

    @Test(arguments: [
        (["h1", "a=1", "b-", "h2"], ["h1", "h2"], ["a": "1"], ["b"]),
        (["a=", "h"], ["h"], ["a": ""], []),
    ])
    func labelWords(words: [String], names: [String], set: [String: String], removed: [String]) throws {
        let read = try LabelWords(words)
        #expect(read.names == names && read.set == set && read.removed == removed)
    }

    @Test(arguments: [["h1"], ["h1", "a=1", "a=2"], ["h1", "a=1", "a-"], ["h1", "-"], ["h1", "=x"]])
    func wrongLabelWords(words: [String]) {
        #expect(throws: ValidationError.self) { try LabelWords(words) }
    }
}
