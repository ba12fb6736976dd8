/// Who is at the other end of a connection, as TLS proved it.
package struct RPCPeer: Sendable, Hashable {
    /// The remote address and port as text.
    package var address: String
    /// The peer's own certificate (DER), verified against the trust roots; nil when it presented none.
    package var certificateDER: [UInt8]?
    /// The URI subject alternative names of that certificate.
    package var uriSANs: [String]

    package init(address: String, certificateDER: [UInt8]? = nil, uriSANs: [String] = []) {
        self.address = address
        self.certificateDER = certificateDER
        self.uriSANs = uriSANs
    }
}
