import Fleet
import FleetStore
import Testing

@Suite struct AccessTests {
    static let hash = Digest(of: "secret".utf8)

    @Test func anEnrolmentTokenLetsOneHostIn() async throws {
        let fixture = try await StoreFixture()
        let labels = ["site": "lyon"]
        try await fixture.write(10) {
            try $0.putEnrolmentToken(hash: Self.hash, labels: labels, expiresAt: Instant(milliseconds: 20_000))
        }
        await expect(.tokenUnknown) {
            try await fixture.write(11) { try $0.useEnrolmentToken(hash: Digest(of: "typo".utf8), host: "h") }
        }
        await expect(.tokenExpired, saying: "1970-01-01T00:00:20Z") {
            try await fixture.write(20) { try $0.useEnrolmentToken(hash: Self.hash, host: "h") }
        }
        let admitted = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<8 {
                group.addTask {
                    do {
                        _ = try await fixture.write(19) {
                            try $0.useEnrolmentToken(hash: Self.hash, host: "h\(index)").labels
                        }
                        return true
                    } catch {
                        #expect((error as? FleetStoreError)?.code == .tokenUsed)
                        return false
                    }
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(admitted == 1)
        let token = try await fixture.read { try $0.enrolmentToken(hash: Self.hash) }
        #expect(token?.use?.at == Instant(milliseconds: 19_000) && token?.labels == labels)
    }

    @Test func anOperatorTokenIsGoodUntilItIsRevoked() async throws {
        let fixture = try await StoreFixture()
        let token = OperatorRecord(hash: Self.hash, name: "ana", role: .admin, createdAt: Instant(milliseconds: 1))
        try await fixture.write { try $0.putOperatorToken(token) }
        let stored = try await fixture.read { try $0.operatorToken(hash: Self.hash) }
        #expect(stored == token)
        try await fixture.write { try $0.revokeOperatorTokens(of: "ana") }
        let (revoked, left) = try await fixture.read {
            (try $0.operatorToken(hash: Self.hash), try $0.operatorTokens())
        }
        #expect(revoked == nil && left.isEmpty)
        await expect(.notFound) { try await fixture.write { try $0.revokeOperatorTokens(of: "ana") } }
    }

    @Test func aNameHasOneGoodToken() async throws {
        let fixture = try await StoreFixture()
        @Sendable func token(_ text: String, expires: Int64? = nil) -> OperatorRecord {
            OperatorRecord(
                hash: Digest(of: text.utf8),
                name: "ci",
                role: .operator,
                createdAt: Instant(milliseconds: 1),
                createdBy: "ana",
                expiresAt: expires.map { Instant(milliseconds: $0) }
            )
        }
        try await fixture.write(10) { try $0.putOperatorToken(token("a", expires: 20_000)) }
        await expect(.conflict, saying: "muster operator token revoke ci") {
            try await fixture.write(19) { try $0.putOperatorToken(token("b")) }
        }
        // The first one has expired.
        try await fixture.write(20) { try $0.putOperatorToken(token("b")) }
        let stored = try await fixture.read { try $0.operatorTokens() }
        #expect(Set(stored) == [token("a", expires: 20_000), token("b")])
        #expect(stored.map { $0.isExpired(at: Instant(milliseconds: 20_000)) }.count { $0 } == 1)
    }

    @Test func aRevokedEnrolmentTokenLetsNobodyIn() async throws {
        let fixture = try await StoreFixture()
        let other = Digest(of: "other".utf8)
        try await fixture.write(10) {
            try $0.putEnrolmentToken(hash: Self.hash, labels: [:], expiresAt: Instant(milliseconds: 99_000))
            try $0.putEnrolmentToken(hash: other, labels: [:], expiresAt: Instant(milliseconds: 99_000))
            try $0.revokeEnrolmentToken(hash: Self.hash)
            _ = try $0.useEnrolmentToken(hash: other, host: "h")
        }
        await expect(.tokenExpired, saying: "revoked at 1970-01-01T00:00:10Z") {
            try await fixture.write(11) { _ = try $0.useEnrolmentToken(hash: Self.hash, host: "h") }
        }
        await expect(.conflict, saying: "muster host revoke") {
            try await fixture.write(11) { try $0.revokeEnrolmentToken(hash: other) }
        }
        await expect(.notFound) {
            try await fixture.write(11) { try $0.revokeEnrolmentToken(hash: Digest(of: "typo".utf8)) }
        }
        let listed = try await fixture.read { reader in
            (
                try reader.enrolmentTokens(since: Instant(milliseconds: 10_000), limit: 9).count,
                try reader.enrolmentTokens(since: Instant(milliseconds: 10_001), limit: 9).count
            )
        }
        #expect(listed == (2, 0))
    }

    @Test func noSecretEntersTheAudit() async throws {
        let fixture = try await StoreFixture()
        try await fixture.write { writer in
            try writer.putEnrolmentToken(hash: Self.hash, labels: [:], expiresAt: Instant(milliseconds: 9_000))
            try writer.putOperatorToken(
                OperatorRecord(hash: Self.hash, name: "ana", role: .admin, createdAt: Instant(milliseconds: 1))
            )
        }
        let records = try await fixture.read { try $0.audit(limit: 9) }
        #expect(records.count == 2)
        for record in records { #expect(!"\(record)".contains(Self.hash.hex)) }
    }
}
