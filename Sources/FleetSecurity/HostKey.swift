import SwiftASN1
import X509

import enum Crypto.P256

/// A host's private key (P-256). It is made on the host and never leaves it: only a signing request does.
package struct HostKey: Sendable {
    /// The key, PKCS #8 PEM: a secret, for a `SecretFile`.
    package let pem: String
    let key: Certificate.PrivateKey

    /// Makes a new key.
    package static func generate() throws(SecurityError) -> HostKey {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let pem = try naming(.issuing, "a new host key could not be written as PEM") {
            try key.serializeAsPEM().pemString
        }
        return HostKey(pem: pem, key: key)
    }

    /// Reads a key that `pem` or openssl wrote. Throws `unreadable`.
    package init(pem: String) throws(SecurityError) {
        self.pem = pem
        key = try naming(
            .unreadable,
            "the host's key cannot be read: its PEM text is damaged; restore it from a backup or enrol the host again"
        ) { try Certificate.PrivateKey(pemEncoded: pem) }
    }

    private init(pem: String, key: Certificate.PrivateKey) {
        self.pem = pem
        self.key = key
    }

    /// A signing request for this key, PEM (PKCS #10, RFC 2986). It names nobody: the authority decides who the host is.
    package func certificateSigningRequest() throws(SecurityError) -> String {
        try naming(.issuing, "a signing request could not be made with the host's key; enrol again with a new key") {
            try CertificateSigningRequest(
                version: .v1,
                subject: DistinguishedName(),
                privateKey: key,
                attributes: CertificateSigningRequest.Attributes(),
                signatureAlgorithm: .ecdsaWithSHA256
            ).serializeAsPEM().pemString
        }
    }

    /// Whether a certificate (PEM) belongs to this key.
    package func belongs(toCertificatePEM certificatePEM: String) -> Bool {
        guard let certificate = try? Certificate(pemEncoded: certificatePEM) else { return false }
        return certificate.publicKey == key.publicKey
    }
}
