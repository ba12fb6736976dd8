import Fleet
import FleetSecurity
import FoundationEssentials

/// Reads whatever a peer could present as a certificate, and a host as a signing request, and checks what the rest relies on:
/// nobody but the pinned authority is trusted, and who is signed is who the authority says.
///
/// An input that begins with `-` is PEM; another one is DER.
/// Run by `Deploy/scripts/fuzz` with libFuzzer and the address sanitizer; `FuzzTests` replay its seeds and findings.
package enum CertificateFuzz {
    private static let now = Instant(milliseconds: 1_795_000_000_000)
    private static let authority = try? CertificateAuthority.create(trustDomain: "fuzz.test", now: now)

    package static func run(_ input: UnsafeRawBufferPointer) {
        let bytes = Array(input)
        if input.first == UInt8(ascii: "-") {
            let pem = String(decoding: bytes, as: UTF8.self)
            facts(try? CertificateFacts(pem: pem))
            keys(pem)
            sign(pem)
        } else {
            facts(try? CertificateFacts(der: bytes))
            let body = Data(bytes).base64EncodedString(options: .lineLength64Characters)
            for label in ["CERTIFICATE", "CERTIFICATE REQUEST", "PRIVATE KEY", "EC PRIVATE KEY"] {
                let pem = "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
                if label == "CERTIFICATE REQUEST" { sign(pem) } else { keys(pem) }
            }
            trust(bytes)
        }
    }

    private static func facts(_ facts: CertificateFacts?) {
        guard let facts else { return }
        _ = facts.halfLife
        for name in facts.uriSANs {
            guard let id = HostIdentity.parse(uriSAN: name, trustDomain: "fuzz.test") else { continue }
            let identity = try? HostIdentity(hostID: id, trustDomain: "fuzz.test")
            precondition(identity?.uri == name, "a host's name is not written back")
        }
    }

    private static func keys(_ pem: String) {
        if let key = try? HostKey(pem: pem) {
            guard let request = try? key.certificateSigningRequest() else { return }
            sign(request)
        }
        _ = try? CertificateAuthority(certificatePEM: pem, keyPEM: pem)
    }

    /// Whatever a request says of itself, the certificate names who the authority means.
    private static func sign(_ request: String) {
        guard let authority, let issued = try? authority.issueHost(csrPEM: request, hostID: "h1", now: now) else {
            return
        }
        guard let facts = try? CertificateFacts(pem: issued.pem) else {
            preconditionFailure("what was signed is not read")
        }
        precondition(facts.uriSANs == ["spiffe://fuzz.test/host/h1"], "somebody else was signed")
        precondition(
            facts.serialHex == issued.serialHex && facts.notAfter == issued.notAfter,
            "other facts than issued"
        )
    }

    /// Two certificates of one input, as a chain.
    private static func trust(_ bytes: [UInt8]) {
        guard let authority, let first = bytes.first else { return }
        let half = bytes.count * Int(first) / 256
        for chain in [[bytes], [Array(bytes[..<half]), Array(bytes[half...])]] {
            precondition(
                (try? TrustPin(authority: authority.digest).verify(chain: chain, host: "h1", now: now)) == nil,
                "a stranger is trusted"
            )
            // A peer that presents what the pin names, whatever that is.
            let pin = TrustPin(authority: Digest(of: chain[chain.count - 1]))
            _ = try? pin.verify(chain: chain, host: "h1", now: now)
        }
    }
}
