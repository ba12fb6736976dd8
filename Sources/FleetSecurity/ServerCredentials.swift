package import Fleet

/// What a listener presents: its certificate with the authority's behind it, and its key.
package struct ServerCredentials: Sendable {
    /// The server's certificate followed by the authority's, PEM: a client that pinned the authority's digest needs both.
    package var certificateChainPEM: String
    /// The server's private key, PKCS #8 PEM.
    package var keyPEM: String
    /// The end of the certificate's validity, to the second.
    package var notAfter: Instant
}
