import Glibc
import Logging
import NIOCore
import NIOPosix

/// Listens on the socket in the data directory, which only the agent's user and root can reach, and answers one request a
/// connection.
struct LocalServer: Sendable {
    /// The longest request, in bytes.
    static let requestLimit = 64 << 10

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    let path: String
    let desk: LocalDesk
    let group: any EventLoopGroup
    let logger: Logger
    /// How long a client may take to ask, and then to take its answer.
    var patience = TimeAmount.seconds(5)

    /// Answers until its task is cancelled. A socket that cannot be made is logged: replicas are worth more than commands.
    func run() async {
        do {
            let server = try await ServerBootstrap(group: group)
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                    channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
                }
            chmod(path, 0o600)
            try await withThrowingDiscardingTaskGroup { tasks in
                try await server.executeThenClose { connections in
                    for try await connection in connections { tasks.addTask { await serve(connection) } }
                }
            }
        } catch is CancellationError {
            return
        } catch {
            logger.error("local commands are not answered", metadata: ["socket": "\(path)", "error": "\(error)"])
        }
    }

    private func serve(_ connection: Connection) async {
        do {
            try await connection.executeThenClose { inbound, outbound in
                let asking = deadline(for: connection)
                defer { asking.cancel() }
                var received = ByteBuffer()
                for try await part in inbound {
                    received.writeImmutableBuffer(part)
                    if received.readableBytes > Self.requestLimit { return }
                    if received.readableBytesView.last == 0x0A { break }
                }
                asking.cancel()
                // Half a request was not meant, whatever it says.
                guard received.readableBytesView.last == 0x0A else { return }
                guard let answer = await answer(Array(received.readableBytesView)) else { return }
                let taking = deadline(for: connection)
                defer { taking.cancel() }
                try await outbound.write(ByteBuffer(bytes: answer + [0x0A]))
            }
        } catch {
            logger.debug("a local command ended early", metadata: ["error": "\(error)"])
        }
    }

    /// Ends a connection whose client does nothing.
    private func deadline(for connection: Connection) -> Scheduled<Void> {
        let channel = connection.channel
        return channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
    }

    private func answer(_ line: [UInt8]) async -> [UInt8]? {
        guard !line.isEmpty else { return nil }
        guard let request = try? JSONCoding.decode(LocalRequest.self, from: line) else {
            let refused =
                "the running agent does not know this request; install the same version of both, "
                + "then start the agent again"
            return try? JSONCoding.encode(LocalAnswer(refused: refused))
        }
        return try? JSONCoding.encode(await desk.answer(request))
    }
}
