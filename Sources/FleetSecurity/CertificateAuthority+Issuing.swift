package import Fleet
import FoundationEssentials
import SwiftASN1
import X509

import enum Crypto.P256
import enum Crypto.P384

extension CertificateAuthority {
    /// Signs a host's certificate: client authentication only, with the URI SAN `spiffe://<trust domain>/host/<id>`.
    ///
    /// Of the request only the public key counts (P-256 or P-384); its signature is verified, so that nobody obtains a
    /// certificate for a key he does not hold, and its subject and extensions are ignored.
    /// - Parameters:
    ///   - serial: at least 8 random bytes for the serial number; nil takes 16 from the system.
    /// - Throws: `invalidRequest`, `invalidName`, `issuing`.
    package func issueHost(
        csrPEM: String,
        hostID: String,
        now: Instant,
        validity: Span = CertificateAuthority.hostValidity,
        serial: [UInt8]? = nil
    ) throws(SecurityError) -> IssuedCertificate {
        let identity = try HostIdentity(hostID: hostID, trustDomain: trustDomain)
        let publicKey = try Self.publicKey(ofRequest: csrPEM)
        return try naming(.issuing, "the certificate of host \(hostID) could not be signed; see the controller's log") {
            let certificate = try sign(
                publicKey: publicKey,
                subject: DistinguishedName {
                    OrganizationName("Muster host")
                    CommonName(hostID)
                },
                usage: .clientAuth,
                names: [.uniformResourceIdentifier(identity.uri)],
                lifetime: Lifetime(now: now, validity: validity),
                serial: serial
            )
            return IssuedCertificate(
                pem: try certificate.serializeAsPEM().pemString,
                serialHex: CertificateFacts.hex(certificate.serialNumber.bytes),
                notAfter: Instant(certificate.notValidAfter),
                key: publicKey.digest
            )
        }
    }

    /// Makes a key and signs a listener's certificate for it: server authentication only.
    /// - Parameters:
    ///   - names: DNS names that clients dial.
    ///   - addresses: IPv4 and IPv6 addresses that clients dial, as text.
    /// - Throws: `invalidName` for an address that is none, or when there is neither name nor address; `issuing`.
    package func issueServer(
        names: [String],
        addresses: [String],
        now: Instant,
        validity: Span = CertificateAuthority.serverValidity
    ) throws(SecurityError) -> ServerCredentials {
        var alternatives: [GeneralName] = names.map { .dnsName($0.lowercased()) }
        for address in addresses {
            guard let bytes = AddressBytes.of(address) else {
                throw SecurityError(
                    .invalidName,
                    "the listener's certificate cannot name '\(address)': it is no IPv4 or IPv6 address; "
                        + "give host names as names, and addresses without port or brackets"
                )
            }
            alternatives.append(.ipAddress(ASN1OctetString(contentBytes: bytes[...])))
        }
        guard let first = names.first ?? addresses.first else {
            throw SecurityError(
                .invalidName,
                "the listener's certificate cannot be made: no name and no address was given; name what clients dial"
            )
        }
        return try naming(.issuing, "the listener's certificate for \(first) could not be signed") {
            let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
            let certificate = try sign(
                publicKey: key.publicKey,
                subject: DistinguishedName {
                    OrganizationName("Muster")
                    CommonName(String(first.prefix(64)))
                },
                usage: .serverAuth,
                names: alternatives,
                lifetime: Lifetime(now: now, validity: validity),
                serial: nil
            )
            return ServerCredentials(
                certificateChainPEM: try certificate.serializeAsPEM().pemString + "\n" + certificatePEM + "\n",
                keyPEM: try key.serializeAsPEM().pemString,
                notAfter: Instant(certificate.notValidAfter)
            )
        }
    }

    private struct Lifetime {
        var now: Instant
        var validity: Span
    }

    private func sign(
        publicKey: Certificate.PublicKey,
        subject: DistinguishedName,
        usage: ExtendedKeyUsage.Usage,
        names: [GeneralName],
        lifetime: Lifetime,
        serial: [UInt8]?
    ) throws -> Certificate {
        // Never beyond the root: a verifier would refuse the chain although the leaf claims to be valid.
        let end = min(lifetime.now + lifetime.validity, notAfter)
        return try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(bytes: serial.map(Self.serialBytes(from:)) ?? Self.serialBytes()),
            publicKey: publicKey,
            notValidBefore: Date(lifetime.now, offset: Self.backdating),
            notValidAfter: Date(end),
            issuer: root.subject,
            subject: subject,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([usage])
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: root.publicKey).keyIdentifier)
                SubjectAlternativeNames(names)
            },
            issuerPrivateKey: key
        )
    }

    static func publicKey(ofRequest pem: String) throws(SecurityError) -> Certificate.PublicKey {
        let advice = "make it again with `muster-agent enroll`, or with openssl from a P-256 key"
        guard pem.utf8.count <= requestBytes else {
            throw SecurityError(
                .invalidRequest,
                "the signing request was refused: it is longer than \(requestBytes) bytes; \(advice)"
            )
        }
        let request = try naming(.invalidRequest, "the signing request was refused: it cannot be read; \(advice)") {
            try CertificateSigningRequest(pemEncoded: pem)
        }
        let key = request.publicKey
        guard P256.Signing.PublicKey(key) != nil || P384.Signing.PublicKey(key) != nil else {
            throw SecurityError(
                .invalidRequest,
                "the signing request was refused: its key is neither P-256 nor P-384; \(advice)"
            )
        }
        guard key.isValidSignature(request.signature, for: request) else {
            throw SecurityError(
                .invalidRequest,
                "the signing request was refused: it was not signed by its own key, or was changed since; \(advice)"
            )
        }
        return key
    }
}
