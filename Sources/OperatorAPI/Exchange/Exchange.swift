import DaemonKit
import Fleet
import FleetController
import FleetManifest
import FleetStore
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Answers requests: finds the route, lets the caller in, calls the route, writes what comes of it, logs one line.
struct Exchange: Sendable {
    /// After a refusal so many bytes of an unread body are dropped; beyond that the connection is closed.
    static let drained: Int64 = 1 << 20

    let table: RouteTable
    let operations: FleetOperations
    let streams: EventStreams
    let rates: RequestRates
    let answers: IdempotentAnswers
    let recent: RecentAnswers
    let hostTexts = HostTexts()
    let time: TimeSource
    let logger: Logger

    /// Ends a connection that still has to bring more of a refused body.
    private struct Unread: Error {}

    /// What is known of a request, for its log line.
    private struct Record {
        let id: RequestID
        let began: Span
        var caller: String?
    }

    /// Answers one request.
    ///
    /// - Throws: when the connection cannot carry another one.
    @concurrent func answer(_ request: Request, _ writer: consuming ResponseWriter, peer: String) async throws {
        var record = Record(id: RequestID(request.headers), began: time.elapsed())
        let body = IncomingBody(request)
        var answer: RouteAnswer
        do {
            answer = try await admit(request, body, writer, &record)
        } catch {
            answer = refusal(error, record.id)
        }
        finish(&answer, record.id, body)
        let head = HTTPResponse(status: answer.status, headerFields: answer.headers)
        do {
            if request.method == .head {
                try await writer.writeResponse(head)
            } else {
                try await writer.write(response: head, body: answer.body)
            }
        } catch {
            log(request, record, answer.status, body, peer: peer, broken: error)
            throw error
        }
        log(request, record, answer.status, body, peer: peer)
        guard await body.drain(limit: Self.drained) else { throw Unread() }
    }

    /// Finds the route, lets the caller in, and calls the route.
    @concurrent private func admit(
        _ request: Request,
        _ body: IncomingBody,
        _ writer: borrowing ResponseWriter,
        _ record: inout Record
    ) async throws -> RouteAnswer {
        let (route, variables) = try table.find(request.method, request.uri.path)
        let handler: @concurrent @Sendable (RouteCall) async throws -> RouteAnswer
        switch route.handler {
        case .open(let answer):
            _ = try QueryParameters(request.uri.query, accepted: route.query)
            try check(body, for: route)
            return answer()
        case .operators(let handle): handler = handle
        }
        let (identity, token) = try await identify(request.headers)
        record.caller = identity.name
        if route.isCounted { try rates.check(identity.name) }
        try check(project: variables["project"])
        let query = try QueryParameters(request.uri.query, accepted: route.query)
        try check(body, for: route)
        if request.headers[.expect]?.lowercased() == "100-continue", !body.isAtEnd {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        var lines = logger
        lines[metadataKey: "request"] = "\(record.id)"
        let call = RouteCall(
            operations: operations,
            streams: streams,
            hostTexts: hostTexts,
            identity: identity,
            parameters: variables,
            query: query,
            headers: request.headers,
            body: body,
            logger: lines
        )
        guard let key = try IdempotentAnswers.key(of: request.method, request.headers) else {
            guard route.isShared else { return try await handler(call) }
            let (question, known) = recent.asked("\(request.uri)", writes: operations.writes)
            if let known { return known }
            let answer = try await handler(call)
            recent.answered(question, answer)
            return answer
        }
        let bytes = try await body.readAhead(limit: ManifestLimits.bytes)
        let line = Array("\(request.method) \(request.uri)\n".utf8)
        let name = AnswerMemory.Name(token: Digest(of: token.utf8), role: identity.role, key: key)
        return try await once(name, Digest(of: line + bytes.readableBytesView), call, handler)
    }

    /// Carries a request that bears a key out, unless that was done.
    @concurrent private func once(
        _ name: AnswerMemory.Name,
        _ request: Digest,
        _ call: RouteCall,
        _ handler: @concurrent @Sendable (RouteCall) async throws -> RouteAnswer
    ) async throws -> RouteAnswer {
        if let answer = try answers.begin(name, request) { return answer }
        do {
            // Answers are in memory. That there was a change is kept with the change: an answer may fail after it, and the
            // process may die before it.
            let mark = RequestMark(name: name.digest, request: request)
            if let stored = try await operations.request(named: mark.name) {
                throw IdempotentAnswers.refusal(name, request, stored: stored)
            }
            var call = call
            call.identity.request = mark
            let answer = try await handler(call)
            answers.end(name, answer)
            return answer
        } catch {
            answers.end(name, nil)
            throw error
        }
    }

    /// Who asks, and the token.
    private func identify(_ headers: HTTPFields) async throws -> (OperatorIdentity, Substring) {
        guard let value = headers[.authorization] else {
            throw APIError(
                .unauthenticated,
                "the request has no bearer token",
                hint: "log in: muster login URL --credentials FILE"
            )
        }
        let parts = value.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw APIError(.unauthenticated, "the authorization header is not 'Bearer TOKEN'", hint: "send it so")
        }
        do {
            return (try await operations.identify(bearer: String(parts[1])), parts[1])
        } catch let error as ControllerError where error.code == .unauthenticated {
            // RFC 6750 §3.1.
            var refused = APIError(error)
            refused.headers[.wwwAuthenticate] = #"Bearer realm="muster", error="invalid_token""#
            throw refused
        }
    }

    private func check(project: String?) throws {
        guard let project, project != FleetDatabase.project else { return }
        throw APIError(
            .notFound,
            "there is no project '\(project)'",
            hint: "there is only '\(FleetDatabase.project)'; others are not built yet"
        )
    }

    /// Refuses before the sender is told to go on.
    private func check(_ body: IncomingBody, for route: Route) throws {
        switch route.content {
        case .nothing:
            guard body.isAtEnd else {
                throw APIError(.invalid, "\(route.method) \(route.template) takes no body", hint: "send none")
            }
        case .json: try body.check(limit: Int64(ManifestLimits.bytes))
        case .blob: try body.check(limit: BlobRoutes.limit)
        }
    }

    private func refusal(_ error: any Error, _ id: RequestID) -> RouteAnswer {
        let refused = APIError(error)
        // What the caller did wrong is the caller's to read; what went wrong here is ours.
        if let cause = refused.cause, refused.kind.status.kind == .serverError {
            logger.error(
                "a request met an error",
                metadata: ["request": "\(id)", "problem": "\(refused.message)", "error": "\(cause)"]
            )
        }
        return .problem(refused)
    }

    /// What every answer says.
    private func finish(_ answer: inout RouteAnswer, _ id: RequestID, _ body: IncomingBody) {
        if answer.headers[.contentLength] == nil, let length = answer.body.contentLength {
            answer.headers[.contentLength] = "\(length)"
        }
        answer.headers[.date] = HTTPDate.text(time.now())
        answer.headers[.cacheControl] = "no-store"
        if let name = RequestID.header { answer.headers[name] = id.description }
        let left = body.isAtEnd ? 0 : (body.announced ?? .max) - body.received
        if left > Self.drained || body.isCut { answer.headers[.connection] = "close" }
    }

    private func log(
        _ request: Request,
        _ record: Record,
        _ status: HTTPResponse.Status,
        _ body: IncomingBody,
        peer: String,
        broken: (any Error)? = nil
    ) {
        guard logger.logLevel <= .info else { return }
        var metadata: Logger.Metadata = [
            "request": "\(record.id)", "method": "\(request.method)", "path": "\(request.uri.path)",
            "status": "\(status.code)", "ms": "\(time.elapsed().milliseconds - record.began.milliseconds)",
            "peer": "\(peer)",
        ]
        if let caller = record.caller { metadata["operator"] = "\(caller)" }
        if body.received > 0 { metadata["bytes"] = "\(body.received)" }
        if let broken { metadata["broken"] = "\(broken)" }
        logger.info("request answered", metadata: metadata)
    }
}
