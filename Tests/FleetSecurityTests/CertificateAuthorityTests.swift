import Fleet
import FleetSecurity
import Foundation
import Testing

@Suite struct CertificateAuthorityTests {
    /// 2026-11-21T18:37:00Z
    static let now = Instant(milliseconds: 1_795_286_220_000)
    static let seconds = "\(now.milliseconds / 1000)"

    @Test func opensslVerifiesAHostsCertificateForClientsOnly() throws {
        let authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let request = try HostKey.generate().certificateSigningRequest()
        let issued = try authority.issueHost(csrPEM: request, hostID: "h-1", now: Self.now)
        let openssl = try OpenSSL()
        try openssl.write(authority.certificatePEM, to: "root.pem")
        try openssl.write(issued.pem, to: "host.pem")

        try openssl.run("verify -x509_strict -attime \(Self.seconds) -CAfile root.pem -purpose sslclient host.pem")
        #expect(throws: OpenSSL.Failure.self) {
            try openssl.run("verify -attime \(Self.seconds) -CAfile root.pem -purpose sslserver host.pem")
        }
        #expect(throws: OpenSSL.Failure.self) {
            let after = "\(Self.now.milliseconds / 1000 + 7 * 86_400 + 1)"
            try openssl.run("verify -attime \(after) -CAfile root.pem host.pem")
        }
        let text = try openssl.run("x509 -in host.pem -noout -ext subjectAltName -serial -enddate")
        #expect(text.contains("URI:spiffe://fleet.example/host/h-1"))
        #expect(text.lowercased().contains("serial=\(issued.serialHex)"))
        #expect(text.contains("notAfter=Nov 28 18:37:00 2026 GMT"))
        #expect(issued.notAfter == Self.now + CertificateAuthority.hostValidity)
    }

    @Test func opensslVerifiesAListenersCertificate() throws {
        let authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let server = try authority.issueServer(
            names: ["controller.example"],
            addresses: ["127.0.0.1", "::1"],
            now: Self.now
        )
        let openssl = try OpenSSL()
        try openssl.write(authority.certificatePEM, to: "root.pem")
        try openssl.write(server.certificateChainPEM, to: "server.pem")
        try openssl.write(server.keyPEM, to: "key.pem")
        for name in ["-verify_hostname controller.example", "-verify_ip 127.0.0.1", "-verify_ip ::1"] {
            let verify = "verify -x509_strict -attime \(Self.seconds) -CAfile root.pem -purpose sslserver"
            try openssl.run("\(verify) \(name) server.pem")
        }
        #expect(throws: OpenSSL.Failure.self) {
            try openssl.run("verify -attime \(Self.seconds) -CAfile root.pem -verify_ip 127.0.0.2 server.pem")
        }
        let inKey = try openssl.run("pkey -in key.pem -pubout")
        let inCertificate = try openssl.run("x509 -in server.pem -noout -pubkey")
        #expect(inKey == inCertificate)
    }

    @Test func theDigestIsOfTheRootsDER() throws {
        let authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let openssl = try OpenSSL()
        try openssl.write(authority.certificatePEM, to: "root.pem")
        let print = try openssl.run("x509 -in root.pem -noout -fingerprint -sha256")
        let hex = print.split(separator: "=").last?.filter(\.isHexDigit).lowercased()
        #expect(hex == authority.digest.hex)
        let limits = try openssl.run("x509 -in root.pem -noout -ext basicConstraints,keyUsage")
        #expect(limits.contains("CA:TRUE, pathlen:0"))
        #expect(limits.contains("Certificate Sign, CRL Sign"))
    }

    @Test func loadsWhatItWrote() throws {
        let authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let loaded = try CertificateAuthority(certificatePEM: authority.certificatePEM, keyPEM: authority.keyPEM)
        #expect(loaded.digest == authority.digest)
        #expect(loaded.trustDomain == "fleet.example")
        #expect(loaded.notAfter == authority.notAfter)
    }

    @Test func refusesAnotherAuthoritysKey() throws {
        let one = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let other = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let error = #expect(throws: SecurityError.self) {
            try CertificateAuthority(certificatePEM: one.certificatePEM, keyPEM: other.keyPEM)
        }
        #expect(error?.code == .unreadable)
    }

    @Test(arguments: ["prime256v1", "secp384r1"])
    func acceptsARequestThatOpensslMade(curve: String) throws {
        let authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let openssl = try OpenSSL()
        try openssl.run("ecparam -name \(curve) -genkey -noout -out key.pem")
        let names = "-addext subjectAltName=URI:spiffe://fleet.example/host/another -addext basicConstraints=CA:TRUE"
        try openssl.run("req -new -key key.pem -subj /CN=root/O=evil \(names) -out request.pem")
        let issued = try authority.issueHost(csrPEM: openssl.read("request.pem"), hostID: "h-2", now: Self.now)
        // What the request asks for is ignored.
        #expect(try CertificateFacts(pem: issued.pem).uriSANs == ["spiffe://fleet.example/host/h-2"])
        try openssl.write(issued.pem, to: "host.pem")
        let text = try openssl.run("x509 -in host.pem -noout -text")
        #expect(!text.contains("CA:TRUE"))
        #expect(!text.contains("evil"))
        #expect(try HostKey(pem: openssl.read("key.pem")).belongs(toCertificatePEM: issued.pem))
    }

    @Test func opensslReadsOurRequest() throws {
        let openssl = try OpenSSL()
        try openssl.write(try HostKey.generate().certificateSigningRequest(), to: "request.pem")
        #expect(try openssl.run("req -in request.pem -noout -verify").contains("OK"))
    }

    @Test func refusesARequestThatWasChanged() throws {
        let authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let openssl = try OpenSSL()
        try openssl.run("ecparam -name prime256v1 -genkey -noout -out key.pem")
        try openssl.run("req -new -key key.pem -subj /CN=abcdefgh -out request.pem")
        let request = try openssl.read("request.pem")
        #expect(throws: Never.self) { try authority.issueHost(csrPEM: request, hostID: "h-3", now: Self.now) }
        let body = request.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        var bytes = Array(try #require(Data(base64Encoded: body)))
        let place = try #require(bytes.firstRange(of: Array("abcdefgh".utf8)))
        bytes[place.lowerBound] ^= 1
        let changed = """
            -----BEGIN CERTIFICATE REQUEST-----
            \(Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed]))
            -----END CERTIFICATE REQUEST-----
            """
        let error = #expect(throws: SecurityError.self) {
            try authority.issueHost(csrPEM: changed, hostID: "h-3", now: Self.now)
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("not signed by its own key") == true)
    }

    @Test(arguments: [
        ("", "cannot be read"),
        ("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----", "cannot be read"),
        (String(repeating: "A", count: 20_000), "longer than 16384 bytes"),
    ])
    func refusesWhatIsNoRequest(text: String, why: String) throws {
        let authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let error = #expect(throws: SecurityError.self) {
            try authority.issueHost(csrPEM: text, hostID: "h", now: Self.now)
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(why) == true)
    }

    @Test func refusesAnRSAKey() throws {
        let authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let openssl = try OpenSSL()
        try openssl.run("req -new -newkey rsa:2048 -nodes -subj /CN=x -keyout k.pem -out r.pem")
        let error = #expect(throws: SecurityError.self) {
            try authority.issueHost(csrPEM: openssl.read("r.pem"), hostID: "h", now: Self.now)
        }
        #expect(error?.message.contains("neither P-256 nor P-384") == true)
    }

    @Test func aCertificateNeverOutlivesTheRoot() throws {
        let authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let late = Instant(milliseconds: authority.notAfter.milliseconds - 86_400_000)
        let request = try HostKey.generate().certificateSigningRequest()
        #expect(try authority.issueHost(csrPEM: request, hostID: "h", now: late).notAfter == authority.notAfter)
    }

    @Test func theSerialComesFromTheArgument() throws {
        let authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let request = try HostKey.generate().certificateSigningRequest()
        let serial: [UInt8] = [0xFF, 0, 1, 2, 3, 4, 5, 6, 7]
        let issued = try authority.issueHost(csrPEM: request, hostID: "h", now: Self.now, serial: serial)
        #expect(issued.serialHex == "7f0001020304050607")
        #expect(try CertificateFacts(pem: issued.pem).serialHex == issued.serialHex)
    }

    @Test func halfLifeIsInTheMiddle() throws {
        let authority = try CertificateAuthority.create(trustDomain: "fleet.example", now: Self.now)
        let request = try HostKey.generate().certificateSigningRequest()
        let facts = try CertificateFacts(pem: authority.issueHost(csrPEM: request, hostID: "h", now: Self.now).pem)
        #expect((facts.halfLife - facts.notBefore) == (facts.notAfter - facts.halfLife))
    }
}
