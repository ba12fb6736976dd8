package import Fleet
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// Learns a controller's authority and checks it against a pin: the first step of `login`.
package enum AuthorityPin {
    /// Dials once and answers, as PEM, the certificate of the presented chain that has the pinned digest.
    ///
    /// Only the digest is judged here and nothing is sent. The first real call then verifies the server against this
    /// certificate in full: its signature, its dates and the name that was dialled.
    package static func fetch(url: String, pin: Digest) async throws(ClientError) -> String {
        let origin = try ServerURL.origin(of: url)
        guard let parts = URLComponents(string: origin), let host = parts.host, let port = parts.port else {
            throw ClientError(.configuration, "'\(url)' is not the address of a controller")
        }
        // URLComponents leaves the brackets around an IPv6 address.
        let name = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        let chain: [[UInt8]]
        do {
            chain = try await Self.chain(of: name, port: port)
        } catch {
            throw OperatorClient.failure(error, url: origin)
        }
        return try authority(in: chain, pin: pin, url: origin)
    }

    /// The pinned certificate of a chain (DER), as PEM.
    static func authority(in chain: [[UInt8]], pin: Digest, url: String) throws(ClientError) -> String {
        if let root = chain.first(where: { Digest(of: $0) == pin }) { return pem(root) }
        let seen = chain.last.map { Digest(of: $0).description } ?? "none"
        throw ClientError(
            .untrusted,
            "\(url) has the authority \(seen), and not \(pin) as the credentials say",
            hint: "use the credentials file of this controller; if it is this one, somebody stands between you and it"
        )
    }

    private static func pem(_ der: [UInt8]) -> String {
        let base64 = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN CERTIFICATE-----\n\(base64)\n-----END CERTIFICATE-----\n"
    }

    private static func chain(of host: String, port: Int) async throws -> [[UInt8]] {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        let context = try NIOSSLContext(configuration: tls)
        let group = MultiThreadedEventLoopGroup.singleton
        let found = group.any().makePromise(of: [[UInt8]].self)
        let bootstrap = ClientBootstrap(group: group).connectTimeout(.seconds(10)).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let handler = try NIOSSLClientHandler(
                    context: context,
                    serverHostname: isAddress(host) ? nil : host,
                    customVerificationCallback: { certificates, verdict in
                        found.completeWith(Result { try certificates.map { try $0.toDERBytes() } })
                        // What was to be learned is known: nobody goes on with this connection.
                        verdict.succeed(.failed)
                    }
                )
                try channel.pipeline.syncOperations.addHandler(handler)
                try channel.pipeline.syncOperations.addHandler(FailureHandler(found: found))
            }
        }
        do {
            let channel = try await bootstrap.connect(host: host, port: port).get()
            channel.closeFuture.whenComplete { _ in
                found.fail(ClientError(.unexpectedAnswer, "the connection was closed before a certificate came"))
            }
            let deadline = channel.eventLoop.scheduleTask(in: .seconds(10)) {
                channel.close(promise: nil)
            }
            defer {
                deadline.cancel()
                channel.close(promise: nil)
            }
            return try await found.futureResult.get()
        } catch {
            found.fail(error)
            throw error
        }
    }

    private static func isAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    /// Ends the wait with what went wrong in the handshake.
    private final class FailureHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let found: EventLoopPromise<[[UInt8]]>

        init(found: EventLoopPromise<[[UInt8]]>) {
            self.found = found
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            found.fail(error)
            context.close(promise: nil)
        }
    }
}
