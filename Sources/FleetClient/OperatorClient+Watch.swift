import AsyncHTTPClient
package import Fleet
import Foundation
import NIOCore
import NIOHTTP1

extension OperatorClient {
    /// Follows the store's changes after a revision until `handle` answers `false` or the connection ends.
    ///
    /// There are no gaps: a reader that is too far behind gets one `resync` event and must list again.
    package func watch(
        from revision: UInt64,
        _ handle: (WatchEvent) async throws -> Bool
    ) async throws {
        let path = project("/watch", query: [("from", "\(revision)")])
        let response = try await send(.GET, path, longer: nil)
        guard response.status == .ok else {
            _ = try await accepted(response, to: "GET \(path)")
            return
        }
        var reader = ServerSentEventReader()
        for try await chunk in response.body {
            for event in try reader.read(chunk.readableBytesView) {
                let change = try JSONDecoder().decode(WatchEvent.self, from: Data(event.data.utf8))
                guard try await handle(change) else { return }
            }
        }
    }
}
