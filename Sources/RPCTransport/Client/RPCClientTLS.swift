/// How a client trusts a server and who it says it is; TLS 1.3 and ALPN `h2` only.
package struct RPCClientTLS: Sendable {
    /// How the server's certificate is judged.
    package enum Trust: Sendable {
        /// By these authorities (PEM), and by the server's name.
        case roots(pem: [UInt8])
        /// By a callback that is given the chain the server presented (DER, its own certificate first) and throws to refuse.
        /// The handshake has proved that the server holds the first certificate's key; nothing else was checked.
        case pinned(@Sendable ([[UInt8]]) throws -> Void)
    }

    /// A certificate to present.
    package struct Identity: Sendable {
        package var certificateChainPEM: [UInt8]
        package var privateKeyPEM: [UInt8]

        package init(certificateChainPEM: [UInt8], privateKeyPEM: [UInt8]) {
            self.certificateChainPEM = certificateChainPEM
            self.privateKeyPEM = privateKeyPEM
        }
    }

    package var trust: Trust
    package var identity: Identity?

    package init(trust: Trust, identity: Identity? = nil) {
        self.trust = trust
        self.identity = identity
    }
}
