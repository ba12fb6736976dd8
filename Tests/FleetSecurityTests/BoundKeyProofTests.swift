import Fleet
import FleetSecurity
import Foundation
import Testing

/// What a host signs when its certificate has ended.
@Suite struct BoundKeyProofTests {
    private let now = Instant(milliseconds: 1_750_000_000_000)

    private func authority() throws -> CertificateAuthority {
        try CertificateAuthority.create(trustDomain: "test", now: now)
    }

    @Test func theKeyOfTheRequestSignsAndNothingElseCounts() throws {
        let (authority, key) = (try authority(), try HostKey.generate())
        let request = try key.certificateSigningRequest()
        let proof = BoundKeyProof(hostID: "h1", authority: authority.digest, challenge: [1, 2], request: request)
        let signature = try key.signature(of: proof)
        #expect(authority.isSigned(proof, by: signature))
        let changes: [(inout BoundKeyProof) -> Void] = [
            { $0.hostID = "h2" }, { $0.authority = Digest(of: "other".utf8) }, { $0.challenge = [1, 3] },
            { $0.challenge = [] }, { $0.request += "\n" }, { $0.request = "no request" },
        ]
        for change in changes {
            var other = proof
            change(&other)
            #expect(!authority.isSigned(other, by: signature), "\(other)")
        }
        for wrong in [[], [0], signature.dropLast().map { $0 }, try HostKey.generate().signature(of: proof)] {
            #expect(!authority.isSigned(proof, by: wrong))
        }
    }

    @Test func theBytesAreThoseOfTheProtocol() {
        let proof = BoundKeyProof(
            hostID: "h1",
            authority: Digest(of: "authority".utf8),
            challenge: [0x0a, 0xff],
            request: "request"
        )
        let digest = Digest(of: "request".utf8).hex
        let authority = Digest(of: "authority".utf8).hex
        let text = "muster bound key renewal 1\nh1\n\(authority)\n0aff\n\(digest)\n"
        #expect(String(decoding: proof.message, as: UTF8.self) == text)
    }

    @Test func requestCertificateAndFactsNameOneKey() throws {
        let (authority, key) = (try authority(), try HostKey.generate())
        let request = try key.certificateSigningRequest()
        let certificate = try authority.issueHost(csrPEM: request, hostID: "h1", now: now)
        #expect(try CertificateFacts(pem: certificate.pem).key == certificate.key)
        #expect(try authority.keyDigest(ofRequest: request) == certificate.key)
        let other = try HostKey.generate().certificateSigningRequest()
        #expect(try authority.keyDigest(ofRequest: other) != certificate.key)
        #expect(throws: SecurityError.self) { try authority.keyDigest(ofRequest: "no request") }
    }

    /// OpenSSL's signature over the same bytes is taken: the proof is the protocol's, not this library's.
    @Test func opensslSignsTheSame() throws {
        let (authority, key) = (try authority(), try HostKey.generate())
        let proof = BoundKeyProof(
            hostID: "h1",
            authority: authority.digest,
            challenge: Array("challenge".utf8),
            request: try key.certificateSigningRequest()
        )
        let directory = NSTemporaryDirectory() + "muster-proof-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try Data(key.pem.utf8).write(to: URL(fileURLWithPath: "\(directory)/key"))
        try Data(proof.message).write(to: URL(fileURLWithPath: "\(directory)/message"))
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        openssl.arguments = [
            "dgst", "-sha256", "-sign", "\(directory)/key", "-out", "\(directory)/signature", "\(directory)/message",
        ]
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0, "openssl is needed: Deploy/scripts/setup")
        let signature = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/signature"))
        #expect(authority.isSigned(proof, by: Array(signature)))
    }
}
