import NIOCore
import NIOPosix
import NIOSSL

/// Connections to a server over TLS, all of them on one thread.
struct BenchConnections: Sendable {
    private let host: String
    private let port: Int
    private let tls: NIOSSLContext
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// To the server that `--at` names, whose authority `--trust` holds.
    init(_ options: BenchOptions) throws {
        (host, port) = try options.address("--at")
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(try options.file("--trust")))
        configuration.certificateVerification = .noHostnameVerification
        tls = try NIOSSLContext(configuration: configuration)
    }

    /// Opens one, with a handler of its own.
    func open(_ handler: @escaping @Sendable () -> any ChannelInboundHandler) async throws -> any Channel {
        try await ClientBootstrap(group: group)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let secure = try NIOSSLClientHandler(context: tls, serverHostname: nil)
                    try channel.pipeline.syncOperations.addHandlers(secure, handler())
                }
            }
            .connect(host: host, port: port)
            .get()
    }

    /// Opens many, at most 32 at a time.
    func open(
        _ count: Int,
        _ handler: @escaping @Sendable (Int) -> any ChannelInboundHandler
    ) async throws -> [any Channel] {
        try await withThrowingTaskGroup(of: (any Channel).self) { tasks in
            var channels: [any Channel] = []
            for number in 0..<count {
                if number >= 32, let channel = try await tasks.next() { channels.append(channel) }
                tasks.addTask { try await open { handler(number) } }
            }
            for try await channel in tasks { channels.append(channel) }
            return channels
        }
    }

    /// The head of a request to it, without the empty line at its end.
    func head(_ method: String, _ path: String, token: String) -> String {
        "\(method) \(path) HTTP/1.1\r\nhost: \(host):\(port)\r\nauthorization: Bearer \(token)\r\naccept: */*\r\n"
    }
}
