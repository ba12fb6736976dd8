package import Fleet

/// A certificate that the authority gave to a host.
package struct CertificateRecord: Sendable, Hashable {
    /// Lowercase hexadecimal digits.
    package var serial: String
    /// The host's id.
    package var host: String
    /// The end of its life.
    package var notAfter: Instant
    /// When it was given.
    package var issuedAt: Instant
    /// Since when it is refused; `nil` while it is good.
    package var revokedAt: Instant?
    /// The digest of the key that it binds; `nil` for one that was given before keys were kept, until the host is seen with it.
    package var key: Digest?

    package init(
        serial: String,
        host: String,
        notAfter: Instant,
        issuedAt: Instant,
        revokedAt: Instant? = nil,
        key: Digest? = nil
    ) {
        self.serial = serial
        self.host = host
        self.notAfter = notAfter
        self.issuedAt = issuedAt
        self.revokedAt = revokedAt
        self.key = key
    }
}
