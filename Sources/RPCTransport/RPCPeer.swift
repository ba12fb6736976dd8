/// Who is at the other end of a connection, as TLS proved it.
package struct RPCPeer: Sendable, Hashable {
    /// The remote address and port as text.
    package var address: String
    /// Whether it presented a certificate, verified against the trust roots. The certificate is not kept: a controller
    /// has one for each of thousands of connections.
    package var hasCertificate: Bool
    /// The URI subject alternative names of that certificate.
    package var uriSANs: [String]
    /// When that certificate ends, in seconds since 1970; 0 without one. The handshake looked at it, nobody does later.
    package var certificateEnd: Int64

    package init(address: String, hasCertificate: Bool = false, uriSANs: [String] = [], certificateEnd: Int64 = 0) {
        self.address = address
        self.hasCertificate = hasCertificate
        self.uriSANs = uriSANs
        self.certificateEnd = certificateEnd
    }
}
