import AsyncHTTPClient
package import Fleet
import Foundation
import NIOCore
import NIOHTTP1

extension OperatorClient {
    /// How long nobody may answer before a watch is given up.
    package static let watchPatience = Span.seconds(60)

    /// What a handler threw, which is no fault of the connection.
    private struct Handled: Error {
        let error: any Error
    }

    /// Follows the store's changes after a revision until `handle` answers `false`.
    ///
    /// There are no gaps: a connection that breaks is made again, from the change that was seen last, and a reader that is
    /// too far behind gets one `resync` event and must list again; it goes on from that event's revision.
    ///
    /// - Parameter patience: how long nobody may answer before it gives up.
    /// - Throws: what `handle` throws; `ClientError` for a refusal, and when nobody has answered for so long.
    package func watch(
        from revision: UInt64,
        patience: Span = watchPatience,
        _ handle: (WatchEvent) async throws -> Bool
    ) async throws {
        var place = revision
        var answered = ContinuousClock.now
        while true {
            do {
                let goesOn = try await follow(from: place, onAnswer: { answered = .now }) { event in
                    place = event.revision
                    return try await handle(event)
                }
                guard goesOn else { return }
            } catch let handled as Handled {
                throw handled.error
            } catch let error as ClientError {
                let isPassing = error.code == .unreachable || error.problem.map { $0.status == 503 } == true
                let waited = ContinuousClock.now - answered
                guard isPassing, waited < .milliseconds(patience.milliseconds) else { throw error }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// One connection of a watch. Returns whether it ended by itself, rather than by the handler's word.
    private func follow(
        from revision: UInt64,
        onAnswer: () -> Void,
        _ handle: (WatchEvent) async throws -> Bool
    ) async throws -> Bool {
        let path = project("/watch", query: [("from", "\(revision)")])
        let response = try await send(.GET, path, longer: nil)
        guard response.status == .ok else {
            _ = try await accepted(response, to: "GET \(path)")
            return true
        }
        var reader = ServerSentEventReader()
        do {
            for try await chunk in response.body {
                onAnswer()
                for event in try reader.read(chunk.readableBytesView) {
                    let change = try JSONDecoder().decode(WatchEvent.self, from: Data(event.data.utf8))
                    guard try await Self.told(change, to: handle) else { return false }
                }
            }
            return true
        } catch {
            let isOurs = error is Handled || error is CancellationError || error is DecodingError
            throw isOurs || error is ServerSentEventReader.TooLong ? error : Self.failure(error, url: profile.url)
        }
    }

    private static func told(
        _ change: WatchEvent,
        to handle: (WatchEvent) async throws -> Bool
    ) async throws -> Bool {
        do {
            return try await handle(change)
        } catch {
            throw Handled(error: error)
        }
    }
}
