import Foundation
import Logging
import NIOCore
import RPCTransport
import Synchronization

/// Many connections from one process.
enum BenchClient {
    /// One call that sends a message, waits for its echo, and sends the next.
    private final class PingPong: RPCClientStreamHandler {
        var stream: RPCClientStream?
        private let message = ByteBuffer(repeating: 5, count: 48)
        private let echoes: Mutex<Int>.Box

        init(_ echoes: Mutex<Int>.Box) {
            self.echoes = echoes
        }

        func start() { stream?.send(message: message) }

        func received(message: ByteBuffer) {
            echoes.count()
            stream?.send(message: self.message)
        }

        func finished(_ status: RPCStatus, trailers: RPCMetadata) { stream = nil }
    }

    /// Opens connections, at most 64 at a time.
    private static func connect(_ options: BenchOptions) async throws -> [RPCClientConnection] {
        let (port, count) = (try options.number("--port"), try options.number("--connections"))
        let tls = try RPCClientTLSContext(RPCClientTLS(trust: .pinned { _ in }))
        let target = RPCTarget(host: "127.0.0.1", port: port)
        let logger = Logger(label: "bench")
        return try await withThrowingTaskGroup(of: RPCClientConnection.self) { group in
            var connections: [RPCClientConnection] = []
            for index in 0..<count {
                if index >= 64, let connection = try await group.next() { connections.append(connection) }
                group.addTask { try await RPCClient.connect(to: target, tls: tls, logger: logger) }
            }
            for try await connection in group { connections.append(connection) }
            return connections
        }
    }

    static func sessions(_ options: BenchOptions) async throws {
        let connections = try await connect(options)
        let seconds = try options.number("--seconds")
        let echoes = Mutex<Int>.Box()
        for connection in connections {
            connection.eventLoop.execute {
                let call = PingPong(echoes)
                call.stream = connection.open(path: "/bench.Echo/Session", handler: call)
                call.start()
            }
        }
        try await Task.sleep(for: .seconds(1))
        let before = echoes.value
        let start = ContinuousClock.now
        try await Task.sleep(for: .seconds(seconds))
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        say("echoes per second \(Int(Double(echoes.value - before) / elapsed))")
        for connection in connections { connection.close() }
    }

    static func idle(_ options: BenchOptions) async throws {
        let connections = try await connect(options)
        for connection in connections {
            let call = try await connection.openStream(path: "/bench.Echo/Session")
            try await call.send(ByteBuffer(repeating: 5, count: 48))
            var iterator = call.inbound.makeAsyncIterator()
            _ = try await iterator.next()
        }
        say("connected \(connections.count)")
        while readLine() != nil {}
        for connection in connections { connection.close() }
    }
}

extension Mutex<Int> {
    /// A counter that several event loops add to.
    final class Box: Sendable {
        private let mutex = Mutex<Int>(0)

        var value: Int { mutex.withLock { $0 } }
        func count() { mutex.withLock { $0 += 1 } }
    }
}
