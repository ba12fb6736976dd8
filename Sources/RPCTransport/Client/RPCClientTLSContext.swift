import NIOCore
import NIOSSL

/// A client's certificates and trust, read and ready for any number of connections.
package struct RPCClientTLSContext: Sendable {
    private let context: NIOSSLContext
    private let trust: RPCClientTLS.Trust

    /// - Throws: `invalidArgument`: which part cannot be read and why.
    package init(_ tls: RPCClientTLS) throws(RPCStatus) {
        context = try RPCTLS.context(for: tls)
        trust = tls.trust
    }

    /// A handler for one connection. An address is not sent as SNI; the certificate must then bear the address dialled.
    func makeHandler(serverName: String) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: serverName, port: 0)) != nil
        let name = isAddress ? nil : serverName
        switch trust {
        case .roots:
            return try NIOSSLClientHandler(context: context, serverHostname: name)
        case .pinned(let judge):
            return try NIOSSLClientHandler(
                context: context,
                serverHostname: name,
                customVerificationCallback: { chain, promise in
                    do {
                        try judge(try chain.map { try $0.toDERBytes() })
                        promise.succeed(.certificateVerified)
                    } catch {
                        promise.fail(error)
                    }
                }
            )
        }
    }
}
