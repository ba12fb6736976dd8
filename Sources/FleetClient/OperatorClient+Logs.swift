import AsyncHTTPClient
package import Fleet
import Foundation
import NIOCore
import NIOHTTP1

extension OperatorClient {
    private struct Piece: Decodable {
        let text: String
    }

    /// Reads what a deployment's model server has written on a host, oldest first: the host reads its files no faster than
    /// `handle` returns.
    ///
    /// - Parameters:
    ///   - follow: whether what is written from now on follows, until this is cancelled.
    ///   - tail: only so many lines of what there is.
    ///   - since: only from the first line on that bears this time or a later one.
    ///   - handle: gets the text, in pieces that need not end with a line.
    package func logs(
        of deployment: String,
        on host: String,
        follow: Bool,
        tail: Int?,
        since: Instant?,
        _ handle: (String) throws -> Void
    ) async throws {
        let query: [(String, String?)] = [
            ("deployment", deployment), ("follow", follow ? "true" : nil), ("tail", tail.map { "\($0)" }),
            ("since", since.map { "\($0.milliseconds)" }),
        ]
        let path = project("/hosts/\(Self.escaped(host))/logs", query: query)
        try await read(path, as: "the log of '\(deployment)' on host '\(host)'", handle)
    }

    /// Reads what a host answers as text.
    func read(_ path: String, as what: String, _ handle: (String) throws -> Void) async throws {
        // It may take as long as its reader likes.
        let response = try await send(.GET, path, longer: nil)
        guard response.status == .ok else {
            _ = try await accepted(response, to: "GET \(path)")
            return
        }
        var reader = ServerSentEventReader()
        do {
            for try await chunk in response.body {
                for event in try reader.read(chunk.readableBytesView) where try take(event, of: what, handle) { return }
            }
        } catch is ServerSentEventReader.TooLong {
            throw unreadable(what, "a line of it is longer than \(ServerSentEventReader.lineLimit >> 20) MiB")
        } catch let error as HTTPClientError {
            throw brokenOff(what, because: Self.failure(error, url: profile.url).message)
        }
        throw brokenOff(what, because: "the connection to \(profile.url) was closed")
    }

    /// Whether the event is the last.
    private func take(
        _ event: ServerSentEventReader.Event,
        of what: String,
        _ handle: (String) throws -> Void
    ) throws -> Bool {
        let data = Data(event.data.utf8)
        switch event.type {
        case "text":
            guard let piece = try? JSONDecoder().decode(Piece.self, from: data) else {
                throw unreadable(what, "an event 'text' of it holds no text")
            }
            try handle(piece.text)
        case "problem":
            guard let problem = try? JSONDecoder().decode(ProblemDocument.self, from: data) else {
                throw unreadable(what, "an event 'problem' of it holds no problem")
            }
            throw ClientError(
                .refused,
                problem.detail.map { "\(problem.title): \($0)" } ?? problem.title,
                hint: problem.hint,
                problem: problem
            )
        case "end": return true
        default: break
        }
        return false
    }

    private func unreadable(_ what: String, _ why: String) -> ClientError {
        ClientError(
            .unexpectedAnswer,
            "\(what) cannot be read: \(why)",
            hint: "compare `muster --version` with the controller's version"
        )
    }

    private func brokenOff(_ what: String, because why: String) -> ClientError {
        ClientError(.unreachable, "\(what) broke off: \(why)", hint: "what has come is not all: ask again")
    }
}
