import NIOCore
import NIOEmbedded
import Testing

@testable import RPCTransport

/// What a proxy may answer, in any pieces.
@Suite struct ProxyTunnelTests {
    private let target = RPCTarget(host: "controller", port: 7443)

    /// Keeps what comes through the tunnel.
    private final class Behind: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var isActive = false
        var bytes = ByteBuffer()

        func channelActive(context: ChannelHandlerContext) { isActive = true }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes.writeImmutableBuffer(unwrapInboundIn(data))
        }
    }

    private final class Failure { var status: RPCStatus? }

    private struct Outcome {
        var asked: String
        var status: RPCStatus?
        var isOpen: Bool
        var bytes: String
    }

    /// - Parameter ends: whether the proxy closes the connection after its answer.
    private func outcome(
        _ answer: [UInt8],
        pieces: Int,
        proxy: RPCProxy = RPCProxy(host: "proxy", port: 3128),
        ends: Bool = false
    ) throws -> Outcome {
        let (behind, failure) = (Behind(), Failure())
        let tunnel = RPCProxyTunnel(proxy, to: target) { status in
            #expect(failure.status == nil, "told twice")
            failure.status = status
        }
        let channel = EmbeddedChannel(handlers: [tunnel, behind])
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        let asked = try channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) } ?? ""
        #expect(!behind.isActive)
        var rest = answer[...]
        while !rest.isEmpty, channel.isActive {
            _ = try? channel.writeInbound(ByteBuffer(bytes: rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
        }
        if ends, channel.isActive { channel.close(promise: nil) }
        channel.embeddedEventLoop.run()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        let bytes = String(buffer: behind.bytes)
        return Outcome(asked: asked, status: failure.status, isOpen: behind.isActive, bytes: bytes)
    }

    @Test(arguments: [1, 3, 19, 10_000]) func aTunnelIsAskedForAndOpens(pieces: Int) throws {
        let head = "HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n"
        let found = try outcome(Array((head + "\u{16}server speaks first").utf8), pieces: pieces)
        #expect(found.asked == "CONNECT controller:7443 HTTP/1.1\r\nHost: controller:7443\r\n\r\n")
        #expect(found.isOpen && found.status == nil)
        #expect(found.bytes == "\u{16}server speaks first")
    }

    @Test func credentialsGoAlong() throws {
        let proxy = RPCProxy(host: "::1", port: 1, authorization: "Basic abc")
        let found = try outcome(Array("HTTP/1.1 407 No\r\n\r\n".utf8), pieces: 99, proxy: proxy)
        #expect(found.asked.contains("\r\nProxy-Authorization: Basic abc\r\n\r\n"))
        #expect(found.status?.message.contains("the proxy [::1]:1") == true)
        #expect(found.status?.message.contains("correct the file of --proxy-credentials") == true)
        #expect(found.status?.message.contains("abc") == false, "the secret is told")
        // As tinyproxy says it.
        let other = try outcome(Array("HTTP/1.1 401 Unauthorized\r\n\r\n".utf8), pieces: 99, proxy: proxy)
        #expect(other.status?.message.contains("correct the file of --proxy-credentials") == true)
    }

    @Test(arguments: [
        ("HTTP/1.1 407 Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n", "--proxy-credentials"),
        (
            "HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n",
            "only negotiate, ntlm"
        ),
        ("HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nproxy-authenticate: basic\r\n\r\n", "--proxy-credentials"),
        ("HTTP/1.1 403 Filtered\r\nContent-Length: 5\r\n\r\nsorry", "allow CONNECT to controller:7443"),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "could not reach controller:7443 (502)"),
        ("HTTP/1.1 302 Found\r\nLocation: http://login\r\n\r\n", "answered 302"),
        ("HTTP/2 200\r\n\r\n", "not HTTP"), ("SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP"),
        ("HTTP/1.1 \r\n\r\n", "not HTTP"),
        ("HTTP/1.1 99999\r\n\r\n", "not HTTP"), ("\r\n\r\n", "not HTTP"), ("HTTP/1.1 -20 x\r\n\r\n", "not HTTP"),
    ]) func refusalsSayWhatToDo(answer: String, words: String) throws {
        for pieces in [1, 7, 10_000] {
            let found = try outcome(Array(answer.utf8), pieces: pieces)
            #expect(!found.isOpen)
            #expect(found.status?.message.contains(words) == true, "\(found.status?.message ?? "open")")
            #expect(found.status?.message.contains("the proxy proxy:3128") == true)
        }
    }

    @Test func anAnswerIsBoundedAndMayNotStayOut() throws {
        let long = try outcome([UInt8](repeating: 65, count: 20_000), pieces: 1000)
        #expect(long.status?.message.contains("a head of more than 8192 bytes") == true)
        let head = "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 9000) + "\r\n\r\n"
        #expect(try !outcome(Array(head.utf8), pieces: 20_000).isOpen)
        let cut = try outcome(Array("HTTP/1.1 20".utf8), pieces: 99, ends: true)
        #expect(cut.status?.message.contains("closed the connection without an answer") == true)
    }

    @Test func nothingEndsALineOfTheRequest() {
        #expect(RPCProxy(host: "p", port: 1).isSafe(for: target))
        #expect(!RPCProxy(host: "p", port: 1).isSafe(for: RPCTarget(host: "a\r\nb: c", port: 1)))
        #expect(!RPCProxy(host: "p", port: 1, authorization: "Basic a\nb").isSafe(for: target))
    }
}
