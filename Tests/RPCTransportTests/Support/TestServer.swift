import Logging
import NIOCore
import RPCTransport
import Testing

/// A server on a free port of 127.0.0.1 with a `TestService`, for the length of a closure.
struct TestServer: Sendable {
    let server: RPCServer
    let service: TestService
    let certificates: TestCertificates

    var target: RPCTarget { RPCTarget(host: "127.0.0.1", port: server.localPort) }

    func connect(
        _ tls: RPCClientTLS? = nil,
        configuration: RPCClientConfiguration = RPCClientConfiguration()
    ) async throws(RPCStatus) -> RPCClientConnection {
        try await RPCClient.connect(
            to: target,
            tls: tls ?? certificates.clientTLS,
            configuration: configuration,
            logger: Logger(label: "test")
        )
    }
}

func withServer(
    configure: (inout RPCServerConfiguration) -> Void = { _ in },
    _ body: (TestServer) async throws -> Void
) async throws {
    let certificates = try TestCertificates.shared.get()
    var configuration = RPCServerConfiguration(host: "127.0.0.1", port: 0, tls: certificates.serverTLS)
    configure(&configuration)
    let service = TestService()
    let server = RPCServer(
        configuration: configuration,
        service: service,
        group: RPCEventLoops.shared,
        logger: Logger(label: "test")
    )
    try await server.start()
    do {
        try await body(TestServer(server: server, service: service, certificates: certificates))
    } catch {
        await server.shutdownGracefully(deadline: .seconds(1))
        throw error
    }
    await server.shutdownGracefully(deadline: .seconds(1))
}

/// Waits until a value is as it should be; the test's time limit is the bound.
func eventually(
    _ what: Comment,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ isSo: () throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < end {
        if try isSo() { return }
        try await Task.sleep(for: .milliseconds(2))
    }
    Issue.record(what, sourceLocation: sourceLocation)
}

/// Calls that must fail: the status they failed with.
func failure<T>(_ body: () async throws -> T) async -> RPCStatus? {
    do {
        _ = try await body()
        return nil
    } catch {
        return RPCStatus(describing: error)
    }
}
