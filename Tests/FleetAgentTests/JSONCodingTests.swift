import Fleet
import Testing

@testable import FleetAgent

@Suite struct JSONCodingTests {
    private static let content = RevisionContent(
        model: .init(name: "wine", version: "1.0.0", format: "sklearn", bundle: Digest(of: "bundle".utf8)),
        runtime: RuntimeProfile(name: "r", command: ["x"], ports: ["http"], ready: .init(port: "http", path: "/ready")),
        environment: [:],
        resources: ReplicaResources(memory: ByteQuantity("2Gi")),
        probe: nil
    )

    @Test func aRevisionIsRead() throws {
        let revision = Revision(number: 1, content: Self.content, written: Digest(of: "w".utf8))
        #expect(try JSONCoding.content(of: revision) == Self.content)
    }

    /// An agent that is older than a word must not serve as if the word were not there.
    @Test(arguments: [
        (#""labels":{}"#, #""labels":{},"extra":1"#), (#""memory":"2Gi""#, #""memory":"2Gi","newer":"1""#),
        (#""update":"recreate""#, #""update":"someday""#), (#""memory":"2Gi""#, #""memory":"2048Mi""#),
    ])
    func aWordThatIsNotKnownIsRefused(known: String, other: String) throws {
        let text = String(decoding: Self.content.canonicalBytes, as: UTF8.self)
        let parts = text.split(separator: known, omittingEmptySubsequences: false)
        try #require(parts.count == 2)
        let bytes = Array((parts[0] + other + parts[1]).utf8)
        let revision = try #require(
            Revision(number: 7, digest: Digest(of: bytes), written: Digest(of: "w".utf8), bytes: bytes)
        )
        let error = #expect(throws: AgentError.self) { try JSONCoding.content(of: revision) }
        #expect(error?.message.contains("install a newer muster-agent") == true)
    }
}
