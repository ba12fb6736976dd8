import FleetProtocol
import HTTP2Session
import Logging
import NIOCore
import RPCTransport

/// A server on one event loop whose handlers do next to nothing.
enum BenchServer {
    static func run(_ options: BenchOptions) async throws {
        let address = try options.text("--listen").split(separator: ":").map(String.init)
        guard address.count == 2, let port = Int(address[1]) else {
            throw BenchFailure("--listen takes ADDRESS:PORT")
        }
        let tls = RPCServerTLS(
            certificateChainPEM: try options.file("--certificate"),
            privateKeyPEM: try options.file("--key"),
            clientTrustRootsPEM: nil
        )
        var configuration = RPCServerConfiguration(host: address[0], port: port, tls: tls)
        configuration.limits.maxConcurrentStreams = 128
        configuration.threads = 1
        // Its clients bear no certificates.
        configuration.anonymousDeadline = nil
        configuration.anonymousLifetime = nil
        let server = RPCServer(configuration: configuration, service: EchoService(), logger: Logger(label: "bench"))
        try await server.start()
        say("port \(server.localPort)")
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}

private final class EchoService: RPCService {
    /// Echoes every message as it is.
    private final class Echo: RPCServerStreamHandler {
        private let stream: RPCServerStream

        init(_ stream: RPCServerStream) {
            self.stream = stream
        }

        func received(message: ByteBuffer) { stream.send(message: message) }
        func receivedEnd() { stream.finish() }
    }

    func accept(
        _ request: RPCRequest,
        on stream: RPCServerStream
    ) throws(RPCStatus) -> any RPCServerStreamHandler {
        guard request.path == "/muster.bench.v1.Echo/Echo" else { return Echo(stream) }
        return RPCUnaryHandler(stream: stream) { message, reply in
            do throws(ProtocolError) {
                let question = try WireRenewRequest(buffer: message)
                var answer = WireRenewResponse()
                answer.certificateChain = question.certificateSigningRequest
                reply.succeed(answer.buffer())
            } catch {
                reply.fail(RPCStatus(.invalidArgument, "\(error)"))
            }
        }
    }
}
