import Fleet
import FleetSecurity
import Foundation
import Testing

@Suite struct TrustPinTests {
    static let now = CertificateAuthorityTests.now

    /// The DER of every certificate in a PEM text, by Foundation and not by the code under test.
    static func der(_ pem: String) -> [[UInt8]] {
        pem.components(separatedBy: "-----BEGIN CERTIFICATE-----").dropFirst().compactMap { part in
            let body = part.components(separatedBy: "-----END").first ?? ""
            return Data(base64Encoded: body, options: .ignoreUnknownCharacters).map(Array.init)
        }
    }

    let authority: CertificateAuthority
    let chain: [[UInt8]]

    init() throws {
        authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let server = try authority.issueServer(
            names: ["Controller.example"],
            addresses: ["127.0.0.1", "::1"],
            now: Self.now
        )
        chain = Self.der(server.certificateChainPEM)
    }

    func refusal(
        _ chain: [[UInt8]],
        host: String = "127.0.0.1",
        now: Instant = TrustPinTests.now,
        pin: Digest? = nil
    ) -> String? {
        let error = #expect(throws: SecurityError.self) {
            try TrustPin(authority: pin ?? authority.digest).verify(chain: chain, host: host, now: now)
        }
        #expect(error?.code == .untrustedServer)
        return error?.message
    }

    @Test(arguments: ["controller.example", "CONTROLLER.example", "127.0.0.1", "::1", "0:0:0:0:0:0:0:1"])
    func acceptsTheController(host: String) throws {
        #expect(chain.count == 2)
        let root = try TrustPin(authority: authority.digest).verify(chain: chain, host: host, now: Self.now)
        #expect(try CertificateFacts(pem: root).digest == authority.digest)
    }

    @Test(arguments: ["example", "evil.example", "127.0.0.2", "::2"])
    func refusesAnotherName(host: String) {
        #expect(refusal(chain, host: host)?.contains("its certificate is for controller.example, 127.0.0.1") == true)
    }

    @Test func refusesAnotherAuthority() throws {
        let other = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        #expect(refusal(chain, pin: other.digest)?.contains("not the pinned \(other.digest.short)") == true)
        // The pinned root sent along, but the leaf signed by another authority of the same name.
        let forged = try other.issueServer(names: [], addresses: ["127.0.0.1"], now: Self.now)
        let mixed = [Self.der(forged.certificateChainPEM)[0], chain[1]]
        #expect(refusal(mixed)?.contains("did not sign") == true)
    }

    @Test func refusesAHostInTheControllersPlace() throws {
        let request = try HostKey.generate().certificateSigningRequest()
        let host = try authority.issueHost(csrPEM: request, hostID: "h", now: Self.now)
        #expect(refusal(Self.der(host.pem) + [chain[1]])?.contains("not a controller's") == true)
    }

    @Test func refusesTheRootAlone() {
        #expect(refusal([chain[1]])?.contains("not a controller's") == true)
        #expect(refusal([chain[0]])?.contains("not the pinned") == true)
        #expect(refusal([])?.contains("0 certificates") == true)
        #expect(refusal(Array(repeating: chain[0], count: 9))?.contains("9 certificates") == true)
        #expect(refusal([[1, 2, 3], chain[1]])?.contains("cannot be read") == true)
    }

    @Test func allowsForClocksThatAreALittleOff() throws {
        let begin = Self.now.milliseconds - CertificateAuthority.backdating.milliseconds
        let end = Self.now.milliseconds + CertificateAuthority.serverValidity.milliseconds
        let skew = TrustPin.clockSkew.milliseconds
        for inside in [begin - skew, end + skew] {
            try TrustPin(authority: authority.digest)
                .verify(chain: chain, host: "127.0.0.1", now: Instant(milliseconds: inside))
        }
        let early = refusal(chain, now: Instant(milliseconds: begin - skew - 1))
        #expect(early?.contains("valid only from") == true)
        let late = refusal(chain, now: Instant(milliseconds: end + skew + 1))
        #expect(late?.contains("expired at") == true)
    }
}
