import Glibc
import NIOCore
import NIOPosix

/// Asks the agent that runs on this host.
struct LocalClient: Sendable {
    /// The longest answer, in bytes: 64 replicas and what they say.
    private static let answerLimit = 4 << 20

    let files: AgentFiles
    let group: any EventLoopGroup

    /// Asks, and waits for the answer.
    ///
    /// - Throws: `link` when no agent runs, or it cannot be reached by this user.
    func ask(_ request: LocalRequest) async throws(AgentError) -> LocalAnswer {
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            channel = try await ClientBootstrap(group: group).connect(unixDomainSocketPath: files.socket) { channel in
                channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
            }
        } catch {
            throw unreachable(error)
        }
        do {
            let line = try JSONCoding.encode(request) + [0x0A]
            let bytes = try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(bytes: line))
                var received = ByteBuffer()
                for try await part in inbound where received.readableBytes <= Self.answerLimit {
                    received.writeImmutableBuffer(part)
                    if received.readableBytesView.last == 0x0A { break }
                }
                return Array(received.readableBytesView)
            }
            return try JSONCoding.decode(LocalAnswer.self, from: bytes)
        } catch {
            throw AgentError(
                .link,
                "the agent at \(files.socket) ended the conversation without a whole answer: it has stopped, or is of "
                    + "another version; see its log, then ask again",
                cause: error
            )
        }
    }

    private func unreachable(_ error: any Error) -> AgentError {
        let next: String
        switch (error as? IOError)?.errnoCode {
        case EACCES, EPERM: next = "this user may not; ask as root or as the agent's user"
        case ENOENT, ECONNREFUSED:
            next =
                FileAccess.exists(files.settings)
                ? "no agent runs there; start it with `muster-agent run --data \(files.directory)`, "
                    + "or name its directory with --data"
                : "no host is enrolled there; name the agent's directory with --data, or enrol it with "
                    + "`muster-agent enroll`"
        default: next = "\(error)"
        }
        return AgentError(
            .link,
            "the agent of \(files.directory) cannot be asked through \(files.socket): \(next)",
            cause: error
        )
    }
}
