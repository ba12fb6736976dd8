import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A model server that is right, for recording what it answers. It is asked as a host would ask its own.
package struct ReferenceServer: Sendable {
    /// The longest answer, in bytes: what a host reads.
    private static let answerLimit = 4 << 20
    /// How long an answer may take.
    private static let timeout = TimeAmount.seconds(60)

    /// As it was given.
    package let url: String
    /// The path behind the address; `nil` when there is none.
    package let path: String?
    private let origin: String

    /// A server at `http://HOST:PORT` or `https://HOST:PORT`, perhaps with a path.
    ///
    /// - Throws: `configuration` for anything else.
    package init(url: String) throws(ClientError) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme, ["http", "https"].contains(scheme),
            let host = parts.host, !host.isEmpty, parts.user == nil, parts.fragment == nil
        else {
            throw ClientError(
                .configuration,
                "'\(url)' is not the address of a model server",
                hint: "write it like http://127.0.0.1:8080/v2/models/NAME/infer"
            )
        }
        self.url = url
        origin = "\(scheme)://\(host)\(parts.port.map { ":\($0)" } ?? "")"
        let query = parts.percentEncodedQuery.map { "?\($0)" } ?? ""
        let whole = parts.percentEncodedPath + query
        path = whole.isEmpty || whole == "/" ? nil : whole
    }

    /// What it answers to a POST of JSON.
    ///
    /// - Throws: `unreachable`, or `unexpectedAnswer` for any status but 200.
    package func answer(to request: [UInt8], path: String) async throws(ClientError) -> [UInt8] {
        var asked = HTTPClientRequest(url: origin + path)
        asked.method = .POST
        asked.headers.add(name: "content-type", value: "application/json")
        asked.headers.add(name: "accept", value: "application/json")
        asked.body = .bytes(ByteBuffer(bytes: request))
        let status: HTTPResponseStatus
        let bytes: [UInt8]
        do {
            let response = try await HTTPClient.shared.execute(asked, deadline: .now() + Self.timeout)
            status = response.status
            bytes = Array(buffer: try await response.body.collect(upTo: Self.answerLimit))
        } catch {
            throw ClientError(
                .unreachable,
                "the reference \(url) did not answer: \(error)",
                hint: "check that the model server runs and that this machine reaches it",
                cause: error
            )
        }
        guard status == .ok else {
            let said = String(decoding: bytes.prefix(200), as: UTF8.self)
            throw ClientError(
                .unexpectedAnswer,
                "the reference answered POST \(path) with \(status), not 200: \(said)",
                hint: "check the path and the request: ask it by hand with curl first"
            )
        }
        return bytes
    }
}
