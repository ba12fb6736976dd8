package import Fleet
import FoundationEssentials
import SwiftASN1
import X509

import enum Crypto.P256

/// The controller's own authority: one self-signed root (P-256, ten years, may sign no further authorities) that signs the
/// hosts' and the listeners' certificates (RFC 5280; identities as SPIFFE X.509-SVIDs).
///
/// Its trust domain stands in the root's URI SAN, so that loading needs nothing beside the two PEM texts. Losing the key
/// loses every enrolment: its owner keeps it in a `SecretFile` and in every backup.
package struct CertificateAuthority: Sendable {
    /// How long a root is valid: ten years of 365 days.
    package static let rootValidity = Span.seconds(10 * 365 * 86_400)
    /// How long a host's certificate is valid unless said otherwise: seven days (DESIGN §10).
    package static let hostValidity = Span.seconds(7 * 86_400)
    /// How long a listener's certificate is valid unless said otherwise.
    package static let serverValidity = Span.seconds(90 * 86_400)
    /// Certificates begin so much before they are made, so that a peer whose clock is slow accepts them at once.
    package static let backdating = Span.seconds(3600)
    /// The longest signing request that is looked at, in bytes.
    package static let requestBytes = 16 << 10

    /// The trust domain that host identities belong to.
    package let trustDomain: String
    /// The root certificate, PEM.
    package let certificatePEM: String
    /// The root's private key, PKCS #8 PEM: a secret.
    package let keyPEM: String
    /// SHA-256 of the root certificate's DER: "the authority's hash" that tokens carry and `login` pins.
    package let digest: Digest
    /// The end of the root's validity.
    package let notAfter: Instant

    let root: Certificate
    let key: Certificate.PrivateKey

    /// Makes a new authority.
    /// - Parameters:
    ///   - trustDomain: as SPIFFE writes it: up to 255 of `a–z 0–9 . - _`.
    ///   - now: the time of its making; the root is valid from an hour before.
    /// - Throws: `invalidName`, `issuing`.
    package static func create(trustDomain: String, now: Instant) throws(SecurityError) -> CertificateAuthority {
        try HostIdentity.check(trustDomain: trustDomain)
        return try naming(.issuing, "the authority for \(trustDomain) could not be made; see the cause in the log") {
            let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
            let name = try DistinguishedName {
                OrganizationName("Muster")
                CommonName("Muster authority")
            }
            let identifier = SubjectKeyIdentifier(hash: key.publicKey)
            let certificate = try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(bytes: serialBytes()),
                publicKey: key.publicKey,
                notValidBefore: Date(now, offset: backdating),
                notValidAfter: Date(now + rootValidity),
                issuer: name,
                subject: name,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    identifier
                    SubjectAlternativeNames([.uniformResourceIdentifier("spiffe://\(trustDomain)")])
                },
                issuerPrivateKey: key
            )
            return try CertificateAuthority(root: certificate, key: key, trustDomain: trustDomain)
        }
    }

    /// Loads an authority from what `certificatePEM` and `keyPEM` returned.
    /// - Throws: `unreadable` when either cannot be read, they do not belong together, or the root names no trust domain.
    package init(certificatePEM: String, keyPEM: String) throws(SecurityError) {
        let advice = "restore both files from the same backup (`muster-controller restore`)"
        let (root, key) = try naming(.unreadable, "the authority's certificate or key cannot be read: \(advice)") {
            (try Certificate(pemEncoded: certificatePEM), try Certificate.PrivateKey(pemEncoded: keyPEM))
        }
        guard root.publicKey == key.publicKey else {
            throw SecurityError(.unreadable, "the authority's certificate and key do not belong together: \(advice)")
        }
        let names = CertificateFacts.uriNames(of: root)
        guard let name = names.first(where: { $0.hasPrefix("spiffe://") }) else {
            throw SecurityError(.unreadable, "the authority's certificate names no trust domain: \(advice)")
        }
        self = try naming(.unreadable, "the authority's certificate cannot be used: \(advice)") {
            try CertificateAuthority(root: root, key: key, trustDomain: String(name.dropFirst("spiffe://".count)))
        }
    }

    private init(root: Certificate, key: Certificate.PrivateKey, trustDomain: String) throws {
        self.root = root
        self.key = key
        self.trustDomain = trustDomain
        certificatePEM = try root.serializeAsPEM().pemString
        keyPEM = try key.serializeAsPEM().pemString
        digest = Digest(of: try root.derBytes())
        notAfter = Instant(root.notValidAfter)
    }

    /// A random serial number of 16 bytes, positive and without leading zeros (RFC 5280 §4.1.2.2).
    static func serialBytes() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return serialBytes(from: random.bytes(16))
    }

    /// The same bytes with the top two bits set to 01, which makes them a positive number of full length.
    static func serialBytes(from bytes: [UInt8]) -> [UInt8] {
        guard let first = bytes.first else { return [0x40] }
        return [first & 0x3F | 0x40] + bytes.dropFirst()
    }
}
