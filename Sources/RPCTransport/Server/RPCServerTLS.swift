/// A server's certificate and whom it trusts; TLS 1.3 and ALPN `h2` only. All PEM, as bytes.
package struct RPCServerTLS: Sendable {
    /// The server's certificate, then its intermediates.
    package var certificateChainPEM: [UInt8]
    package var privateKeyPEM: [UInt8]
    /// Authorities whose client certificates are accepted. A client without a certificate is accepted too, and its
    /// `RPCPeer.hasCertificate` is false; one with another authority's certificate is refused in the handshake. Nil never asks.
    package var clientTrustRootsPEM: [UInt8]?

    package init(certificateChainPEM: [UInt8], privateKeyPEM: [UInt8], clientTrustRootsPEM: [UInt8]?) {
        self.certificateChainPEM = certificateChainPEM
        self.privateKeyPEM = privateKeyPEM
        self.clientTrustRootsPEM = clientTrustRootsPEM
    }
}
