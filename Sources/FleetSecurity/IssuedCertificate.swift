package import Fleet

/// A certificate that the authority has just signed for a host.
package struct IssuedCertificate: Sendable, Hashable {
    /// The certificate, PEM.
    package var pem: String
    /// Its serial number, as lowercase hexadecimal digits: the key under which it can be revoked.
    package var serialHex: String
    /// The end of its validity, to the second.
    package var notAfter: Instant
    /// The digest of the key that it binds.
    package var key: Digest
}
