package import Fleet
package import FleetController
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// Single calls of a running controller's operator API, for a program that stands beside it: HTTP/1.1 over TLS 1.3, one
/// connection a call. `muster` has a client of its own, with all that this one does without.
package struct OperatorCall: Sendable {
    /// The most that an answer may hold, in bytes.
    private static let answerLimit = 64 << 20

    private let host: String
    private let port: Int
    private let credentials: AdminCredentials

    /// Calls of one controller.
    ///
    /// - Parameter url: `https://HOST:PORT`; `nil` for the one in the credentials.
    /// - Throws: `ControllerError` `invalid`.
    package init(credentials: AdminCredentials, url: String? = nil) throws {
        let text = url ?? credentials.url
        guard let parts = URLComponents(string: text), parts.scheme == "https", let host = parts.host, !host.isEmpty
        else {
            throw ControllerError(
                .invalid,
                "'\(text)' is not the address of an operator API",
                hint: "write it like --url https://localhost:7444"
            )
        }
        self.host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        port = parts.port ?? 7444
        self.credentials = credentials
    }

    /// What the controller says of itself.
    package func controller() async throws -> ControllerView {
        try await call("GET", "/v1/controller")
    }

    /// Ends a freeze.
    ///
    /// - Parameter epoch: the epoch that was shown.
    package func thaw(epoch: UInt64, reason: String?) async throws -> ControllerView {
        var members: [String: JSONValue] = ["epoch": .integer(Int64(clamping: epoch))]
        members["reason"] = reason.map { .string($0) }
        return try await call("POST", "/v1/controller/thaw", json: JSONValue.object(members).compactText)
    }

    private func call<Answer: Decodable>(_ method: String, _ path: String, json: String? = nil) async throws -> Answer {
        let bytes = try await exchange(request(method, path, json))
        guard let answer = PlainAnswer(bytes) else {
            throw failure("what answers there is no operator API")
        }
        guard (200..<300).contains(answer.status) else {
            guard let problem = try? JSONDecoder().decode(ProblemDocument.self, from: answer.body) else {
                throw failure("it answered \(answer.status) without saying why")
            }
            throw ControllerError(
                answer.status == 409 ? .conflict : .unavailable,
                problem.detail ?? problem.title,
                hint: problem.hint
            )
        }
        do {
            return try JSONDecoder().decode(Answer.self, from: answer.body)
        } catch {
            throw failure("its answer cannot be read; compare the versions: \(error)")
        }
    }

    private func request(_ method: String, _ path: String, _ json: String?) -> ByteBuffer {
        let name = host.contains(":") ? "[\(host)]" : host
        var lines = [
            "\(method) \(path) HTTP/1.1", "host: \(name):\(port)", "authorization: Bearer \(credentials.token)",
            "accept: application/json, application/problem+json", "connection: close",
        ]
        if let json { lines += ["content-type: application/json", "content-length: \(json.utf8.count)"] }
        return ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n" + (json ?? ""))
    }

    /// Sends a request and answers everything that comes back until the connection is closed or the answer is whole.
    private func exchange(_ request: ByteBuffer) async throws -> ByteBuffer {
        do {
            let tls = try tls()
            let name = isAddress ? nil : host
            let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(10))
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: name)
                        try channel.pipeline.syncOperations.addHandler(handler)
                        return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            return try await connection.executeThenClose { inbound, outbound in
                try await outbound.write(request)
                var answer = ByteBuffer()
                for try await piece in inbound {
                    answer.writeImmutableBuffer(piece)
                    if answer.readableBytes > Self.answerLimit || PlainAnswer(answer) != nil { break }
                }
                return answer
            }
        } catch {
            throw failure("no answer: \(error)")
        }
    }

    private func tls() throws -> NIOSSLContext {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.applicationProtocols = ["http/1.1"]
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(credentials.authorityPEM.utf8)))
        return try NIOSSLContext(configuration: tls)
    }

    private var isAddress: Bool { host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." } }

    private func failure(_ why: String) -> ControllerError {
        ControllerError(
            .unavailable,
            "cannot ask the controller at https://\(host):\(port): \(why)",
            hint: "check that muster-controller runs here, and name its operator port: --url https://localhost:7444"
        )
    }
}
