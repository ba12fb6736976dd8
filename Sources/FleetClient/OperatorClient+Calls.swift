import AsyncHTTPClient
import Fleet
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

extension OperatorClient {
    /// Calls and decodes; a problem document is thrown as `refused`.
    func call<Answer: Decodable>(
        _ method: HTTPMethod,
        _ path: String,
        body: String? = nil
    ) async throws(ClientError) -> Answer {
        let content = body.map { HTTPClientRequest.Body.bytes(ByteBuffer(string: $0)) }
        let response = try await send(method, path, body: content, type: body == nil ? nil : "application/json")
        let bytes = try await accepted(response, to: "\(method) \(path)")
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(bytes))
        } catch {
            throw ClientError(
                .unexpectedAnswer,
                "\(method) \(path) at \(profile.url) answered what this muster cannot read",
                hint: "compare `muster --version` with the controller's version",
                cause: error
            )
        }
    }

    /// Sends a request and answers its head, the body yet to be read. One that comes too often was not carried out: it is
    /// sent again when the controller says (`retry-after`, RFC 9110 §10.2.3), if that is within the client's timeout.
    ///
    /// - Parameter longer: how much longer than other calls it may take; `nil` for as long as it likes.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        body: HTTPClientRequest.Body? = nil,
        type: String? = nil,
        longer: Span? = .seconds(0)
    ) async throws(ClientError) -> HTTPClientResponse {
        var request = HTTPClientRequest(url: try ServerURL.origin(of: profile.url) + path)
        request.method = method
        request.headers.add(name: "authorization", value: "Bearer \(profile.token)")
        request.headers.add(name: "accept", value: "application/json, application/problem+json")
        if let type { request.headers.add(name: "content-type", value: type) }
        request.body = body
        let patience = NIODeadline.now() + .milliseconds(timeout.milliseconds)
        let deadline = longer.map { patience + .milliseconds($0.milliseconds) } ?? .distantFuture
        do {
            while true {
                let response = try await http.execute(request, deadline: deadline)
                guard let pause = Self.pause(before: patience, saidBy: response) else { return response }
                // Its connection carries the next one.
                _ = try await response.body.collect(upTo: Self.answerLimit)
                try await Task.sleep(for: pause)
            }
        } catch {
            throw Self.failure(error, url: profile.url)
        }
    }

    /// How long the controller asks to wait that was asked too often; `nil` where that is too long, and for other answers.
    private static func pause(before patience: NIODeadline, saidBy response: HTTPClientResponse) -> Duration? {
        guard response.status == .tooManyRequests,
            let seconds = response.headers.first(name: "retry-after").flatMap({ Int64($0) }),
            (0...86_400).contains(seconds), NIODeadline.now() + .seconds(max(1, seconds)) < patience
        else { return nil }
        return .seconds(max(1, seconds))
    }

    /// The bytes of an answer that is not a problem.
    func accepted(_ response: HTTPClientResponse, to what: String) async throws(ClientError) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = Array(buffer: try await response.body.collect(upTo: Self.answerLimit))
        } catch {
            throw Self.failure(error, url: profile.url)
        }
        guard (200..<300).contains(response.status.code) else { throw refusal(response, bytes: bytes, to: what) }
        return bytes
    }

    private func refusal(_ response: HTTPClientResponse, bytes: [UInt8], to what: String) -> ClientError {
        guard let problem = try? JSONDecoder().decode(ProblemDocument.self, from: Data(bytes)) else {
            return ClientError(
                .unexpectedAnswer,
                "\(what) at \(profile.url) answered \(response.status) without saying why",
                hint: "is \(profile.url) a controller's operator API (port 7444)?"
            )
        }
        let isStranger = problem.status == 401
        let title = isStranger ? "\(problem.title) to \(profile.url)" : problem.title
        return ClientError(
            .refused,
            problem.detail.map { "\(title): \($0)" } ?? title,
            hint: isStranger ? loginHint : problem.hint,
            problem: problem
        )
    }

    /// What to do when the token is not accepted.
    var loginHint: String { "log in again: muster login \(profile.url) --credentials FILE" }

    /// Names a failure of the transport in this layer's words.
    static func failure(_ error: any Error, url: String) -> ClientError {
        if let error = error as? ClientError { return error }
        let text = String(describing: error)
        if text.contains("WRONG_VERSION_NUMBER") {
            return ClientError(
                .unexpectedAnswer,
                "no controller answers at \(url): what listens there does not speak TLS",
                hint: "give the address of the operator API (port 7444)",
                cause: error
            )
        }
        if error is NIOSSLError || error is NIOSSLExtraError || text.contains("CERTIFICATE_VERIFY_FAILED") {
            let isRefused = text.contains("CERTIFICATE_VERIFY_FAILED")
            let why =
                isRefused ? "its certificate is of another authority, of another host, or out of date" : text
            return ClientError(
                .untrusted,
                "\(url) is not the controller that was pinned at login: \(why)",
                hint: "if the controller was set up anew, log in again with its credentials file; otherwise do not",
                cause: error
            )
        }
        return ClientError(
            .unreachable,
            "no answer from \(url): \(reason(error))",
            hint: "check that muster-controller runs and that this machine reaches the address",
            cause: error
        )
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? HTTPClientError {
            switch error {
            case .connectTimeout: return "connecting took longer than 10 s"
            case .deadlineExceeded: return "it took longer than the call may; --request-timeout makes it longer"
            case .remoteConnectionClosed: return "the connection was closed"
            default: return error.shortDescription
            }
        }
        // NIO's connection errors are NIOPosix's, which is not for this room; their text names the system's reason.
        let text = String(describing: error)
        let known = ["Connection refused", "No route to host", "Network is unreachable", "Connection reset by peer"]
        if let reason = known.first(where: text.contains) { return reason.lowercased() }
        if ["getaddrinfo", "dnsA", "UnknownHost"].contains(where: text.contains) {
            return "the host's name is not known"
        }
        return text
    }
}
