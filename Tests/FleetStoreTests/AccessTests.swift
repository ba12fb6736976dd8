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
