import DaemonKit
import Fleet
import FleetAgent
import FleetSecurity
import Foundation
import RPCTransport
import Testing

@testable import FleetController

@Suite struct EnrolmentTests {
    /// What the message of a refused enrolment must say.
    private func refusal(_ enrolment: HostEnrolment, _ fixture: ControllerFixture) async -> String {
        do {
            try await enrolment.run(time: .system, random: .system, logger: fixture.logger)
            return "(it was enrolled)"
        } catch {
            #expect(!FileManager.default.fileExists(atPath: "\(enrolment.dataDirectory)/agent.json"), "half enrolled")
            return "\(error)"
        }
    }

    @Test func aTokenLetsOneHostIn() async throws {
        try await ControllerFixture.run { fixture in
            let token = try await fixture.operations.makeHostTokens(
                count: 1,
                labels: ["site": "lyon"],
                timeToLive: .seconds(60),
                by: fixture.admin
            ).tokens[0]
            let first = fixture.enrolment("h1", token: token, data: "\(fixture.directory)/a")
            try await first.run(time: .system, random: .system, logger: fixture.logger)
            let again = fixture.enrolment("h2", token: token, data: "\(fixture.directory)/b")
            #expect(await refusal(again, fixture).contains("used"))
            #expect(try await fixture.operations.hosts(nil).items.map(\.host.name) == ["h1"])
            #expect(try await fixture.operations.hosts(nil).items[0].host.labels == ["site": "lyon"])
            let mode = try FileManager.default.attributesOfItem(atPath: "\(fixture.directory)/a/key.pem")
            #expect((mode[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
    }

    @Test func aLostAnswerBurnsNothing() async throws {
        try await ControllerFixture.run { fixture in
            let token = try await fixture.operations.makeHostTokens(
                count: 1,
                labels: [:],
                timeToLive: .seconds(60),
                by: fixture.admin
            ).tokens[0]
            let data = "\(fixture.directory)/a"
            let attempt = "\(data)/enrolling/attempt.json"
            let enrolment = fixture.enrolment("h1", token: token, data: data)
            var unheard = enrolment
            unheard.controllerPort = 1
            #expect(await refusal(unheard, fixture).contains("could not be enrolled"))
            let mode = try FileManager.default.attributesOfItem(atPath: attempt)
            #expect((mode[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            let begun = try #require(FileManager.default.contents(atPath: attempt))
            try await enrolment.run(time: .system, random: .system, logger: fixture.logger)
            let first = try AgentIdentity(directory: data).settings
            #expect(!FileManager.default.fileExists(atPath: attempt))
            // The controller has answered, and the machine went down before it was heard.
            for name in ["agent.json", "certificate.pem", "key.pem"] {
                try FileManager.default.removeItem(atPath: "\(data)/\(name)")
            }
            try FileManager.default.createDirectory(atPath: "\(data)/enrolling", withIntermediateDirectories: true)
            #expect(FileManager.default.createFile(atPath: attempt, contents: begun))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: attempt)
            try await enrolment.run(time: .system, random: .system, logger: fixture.logger)
            #expect(try AgentIdentity(directory: data).settings == first)
            #expect(try await fixture.operations.hosts(nil).items.map(\.host.name) == ["h1"])
        }
    }

    @Test func aMistypedTokenIsToldBeforeAnythingIsSent() async throws {
        try await ControllerFixture.run { fixture in
            let token = try await fixture.operations.makeHostTokens(
                count: 1,
                labels: [:],
                timeToLive: .seconds(60),
                by: fixture.admin
            ).tokens[0]
            let mistyped = String(token.dropLast(2)) + (token.hasSuffix("aa") ? "bb" : "aa")
            let message = await refusal(
                fixture.enrolment("h1", token: mistyped, data: "\(fixture.directory)/a"),
                fixture
            )
            #expect(!message.contains("enrolled)"))
            #expect(message.contains("token"))
        }
    }

    @Test func anUnknownTokenAndAnotherAuthorityAreRefused() async throws {
        try await ControllerFixture.run { fixture in
            let unknown = EnrolmentToken.generate(authority: fixture.controller.authorityDigest).text
            let first = await refusal(fixture.enrolment("h1", token: unknown, data: "\(fixture.directory)/a"), fixture)
            #expect(first.contains("token"))
            let foreign = EnrolmentToken.generate(authority: Digest(of: "another".utf8)).text
            let second = await refusal(fixture.enrolment("h1", token: foreign, data: "\(fixture.directory)/b"), fixture)
            #expect(second.contains("trusted"), "\(second)")
        }
    }

    @Test func labelsComeFromTheToken() async throws {
        try await ControllerFixture.run { fixture in
            let token = try await fixture.operations.makeHostTokens(
                count: 1,
                labels: ["site": "lyon"],
                timeToLive: .seconds(60),
                by: fixture.admin
            ).tokens[0]
            let greedy = fixture.enrolment("h1", token: token, data: "\(fixture.directory)/a", labels: ["env": "prod"])
            #expect(await refusal(greedy, fixture).contains("env=prod"))
            // The refusal did not use the token up.
            let honest = fixture.enrolment("h1", token: token, data: "\(fixture.directory)/a", labels: ["site": "lyon"])
            try await honest.run(time: .system, random: .system, logger: fixture.logger)
        }
    }

    @Test func enrolmentIsTriedAtABoundedRate() throws {
        var gate = EnrolmentGate()
        let now = Instant(milliseconds: 5_000)
        for _ in 0..<EnrolmentGate.limit { try gate.admit("10.0.0.1:99", at: now) }
        #expect(throws: RPCStatus.self) { try gate.admit("10.0.0.2:99", at: now) }
        try gate.admit("10.0.0.2:99", at: now + .seconds(1))
        gate.failed("10.0.0.2:99", at: now + .seconds(1))
        #expect(throws: RPCStatus.self, "another port is the same address") {
            try gate.admit("10.0.0.2:98", at: now + Span(milliseconds: 1999))
        }
        try gate.admit("10.0.0.3:99", at: now + Span(milliseconds: 1999))
        try gate.admit("10.0.0.2:98", at: now + .seconds(2))
    }
}
