package import Fleet
import SwiftASN1
import X509

/// What a host signs when its certificate has ended, and the key that the certificate bound vouches for it.
///
/// The challenge is the controller's, made for one connection and good once. So a proof cannot be sent again, whatever the
/// clocks say: a host that was away for weeks may have lost the time. The host's id, the authority and the signing request
/// stand beside it, so that the signature says nothing else. What an answer gives is bound to the same key anyhow: it is of
/// no use to anybody who does not hold it.
package struct BoundKeyProof: Sendable, Hashable {
    /// The host's id.
    package var hostID: String
    /// The digest of the authority that the host trusts.
    package var authority: Digest
    /// What the controller asked to sign.
    package var challenge: [UInt8]
    /// The signing request, PEM, as it is sent.
    package var request: String

    /// What a host signs.
    package init(hostID: String, authority: Digest, challenge: [UInt8], request: String) {
        self.hostID = hostID
        self.authority = authority
        self.challenge = challenge
        self.request = request
    }

    /// The bytes to sign.
    package var message: [UInt8] {
        let lines = [
            "muster bound key renewal 1", hostID, authority.hex, CertificateFacts.hex(challenge),
            Digest(of: Array(request.utf8)).hex,
        ]
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }
}

extension HostKey {
    /// Signs a proof: ECDSA with SHA-256, DER. Throws `issuing`.
    package func signature(of proof: BoundKeyProof) throws(SecurityError) -> [UInt8] {
        try naming(.issuing, "the host's key could not sign for the host; restore it, or enrol the host again") {
            Array(try key.sign(bytes: proof.message, signatureAlgorithm: .ecdsaWithSHA256).rawRepresentation)
        }
    }
}

extension CertificateAuthority {
    /// The digest of the public key that a signing request asks a certificate for.
    ///
    /// - Throws: `invalidRequest`, as `issueHost` does.
    package func keyDigest(ofRequest csrPEM: String) throws(SecurityError) -> Digest {
        try Self.publicKey(ofRequest: csrPEM).digest
    }

    /// Whether a proof was signed by the key of its signing request.
    package func isSigned(_ proof: BoundKeyProof, by signature: [UInt8]) -> Bool {
        guard let key = try? Self.publicKey(ofRequest: proof.request) else { return false }
        return key.isValidSignature(signature, for: proof.message, signatureAlgorithm: .ecdsaWithSHA256)
    }
}

extension Certificate.PublicKey {
    /// What names a key: SHA-256 of the bytes of its subject public key.
    var digest: Digest { Digest(of: Array(subjectPublicKeyInfoBytes)) }
}
