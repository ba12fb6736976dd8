import DaemonKit
import Fleet
import FleetAgent
import FleetSecurity
import Testing

@testable import FleetController

@Suite(.timeLimit(.minutes(1))) struct TokenOperationsTests {
    @Test func aTokenIsGoodUntilItIsRevokedOrOld() async throws {
        try await ControllerFixture.run { fixture in
            let operations = fixture.operations
            let made = try await operations.makeOperator(
                "ci",
                role: .operator,
                timeToLive: nil,
                by: fixture.admin,
                reason: "pipeline"
            )
            #expect(made.operator.createdBy == "ada" && made.operator.role == .operator)
            let identity = try await operations.identify(bearer: made.token)
            #expect(identity == OperatorIdentity(name: "ci", role: .operator))
            let short = try await operations.makeOperator(
                "bo",
                role: .viewer,
                timeToLive: Span(milliseconds: 1),
                by: fixture.admin,
                reason: nil
            )
            // The controller's clock has passed it by the time that it is asked.
            var expired: ControllerError?
            while expired == nil {
                do { _ = try await operations.identify(bearer: short.token) } catch {
                    expired = error as? ControllerError
                }
            }
            #expect(expired?.code == .unauthenticated && expired?.message.contains("expired") == true)
            #expect(try await operations.operators(by: fixture.admin).items.map(\.name) == ["admin", "bo", "ci"])
            _ = try await operations.revokeOperator("ci", by: fixture.admin, reason: nil)
            #expect(await refusal { _ = try await operations.identify(bearer: made.token) }?.code == .unauthenticated)
            let last = await refusal {
                _ = try await operations.revokeOperator("admin", by: fixture.admin, reason: nil)
            }
            #expect(last?.code == .conflict && last?.hint?.contains("--role admin") == true)
            let slip = await refusal {
                _ = try await operations.revokeOperator("adnin", by: fixture.admin, reason: nil)
            }
            #expect(slip?.code == .notFound && slip?.hint?.contains("'admin'") == true)
        }
    }

    @Test func enrolmentTokensAreListedWithWhatBecameOfThem() async throws {
        try await ControllerFixture.run { fixture in
            let operations = fixture.operations
            let tokens = try await operations.makeHostTokens(
                count: 3,
                labels: ["site": "lyon"],
                timeToLive: .seconds(60),
                by: fixture.admin
            ).tokens
            let used = fixture.enrolment("h1", token: tokens[0], data: "\(fixture.directory)/a")
            try await used.run(time: .system, random: .system, logger: fixture.logger)
            let revoked = try await operations.revokeHostToken(tokens[1], by: fixture.admin, reason: "leaked")
            #expect(revoked.state == .revoked)
            let late = fixture.enrolment("h2", token: tokens[1], data: "\(fixture.directory)/b")
            await #expect(throws: (any Error).self) {
                try await late.run(time: .system, random: .system, logger: fixture.logger)
            }
            let listed = try await operations.hostTokens(by: fixture.admin).items
            #expect(listed.map(\.state.rawValue).sorted() == ["good", "revoked", "used"])
            let use = try #require(listed.first { $0.state == .used })
            #expect(use.usedBy == "h1" && use.createdBy == "ada" && use.labels == ["site": "lyon"])
            let refused = await refusal {
                _ = try await operations.revokeHostToken(use.id, by: fixture.admin, reason: nil)
            }
            #expect(refused?.code == .conflict && refused?.message.contains("muster host revoke") == true)
        }
    }
}
