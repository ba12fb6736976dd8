import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOSSL

/// Hummingbird as its own documentation shows it: a router with a hello, in an application.
enum HelloServer {
    static func run(_ options: BenchOptions) async throws {
        let (host, port) = try options.address("--listen")
        let chain = try NIOSSLCertificate.fromPEMBytes(try options.file("--certificate"))
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: try options.file("--key"), format: .pem))
        )
        tls.minimumTLSVersion = .tlsv13
        tls.applicationProtocols = ["http/1.1"]
        let hello = "Hello, "
        let text = hello + String(repeating: "o", count: max(0, try options.number("--bytes") - hello.utf8.count))
        let router = Router()
        router.get("hello") { _, _ in text }
        var logger = Logger(label: "hello")
        logger.logLevel = .warning
        let application = Application(
            router: router,
            server: try .tls(.http1(), tlsConfiguration: tls),
            configuration: .init(address: .hostname(host, port: port)),
            logger: logger
        )
        try await application.runService()
    }
}
