import NIOCore
import NIOSSL

/// An HTTP proxy that is asked for a tunnel (CONNECT, RFC 9110 §9.3.6) to wherever a client connects.
package struct RPCProxy: Sendable {
    /// A name or an address to dial.
    package var host: String
    package var port: Int
    /// Whether the proxy itself speaks TLS. Its certificate must bear `host` and lead to `trustRootsPEM`.
    package var isTLS: Bool
    /// The value of `Proxy-Authorization`: a secret; nil sends none.
    package var authorization: String?
    /// Authorities of a proxy that speaks TLS; nil takes the system's.
    package var trustRootsPEM: [UInt8]?

    package init(
        host: String,
        port: Int,
        isTLS: Bool = false,
        authorization: String? = nil,
        trustRootsPEM: [UInt8]? = nil
    ) {
        self.host = host
        self.port = port
        self.isTLS = isTLS
        self.authorization = authorization
        self.trustRootsPEM = trustRootsPEM
    }

    /// How messages name it; without the secret.
    var name: String { "the proxy \(RPCTarget(host: host, port: port).authority)" }

    /// What asks for a tunnel.
    func request(to target: RPCTarget) -> String {
        var text = "CONNECT \(target.authority) HTTP/1.1\r\nHost: \(target.authority)\r\n"
        if let authorization { text += "Proxy-Authorization: \(authorization)\r\n" }
        return text + "\r\n"
    }

    /// Whether nothing that goes into the request could end a line of it.
    func isSafe(for target: RPCTarget) -> Bool {
        !(target.host + (authorization ?? "")).utf8.contains { $0 < 0x20 || $0 == 0x7F }
    }

    /// TLS with the proxy; nil when it speaks none.
    func makeTLSHandler() throws -> NIOSSLClientHandler? {
        guard isTLS else { return nil }
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(
            context: try RPCTLS.context(forProxyTrusting: trustRootsPEM),
            serverHostname: isAddress ? nil : host
        )
    }
}
