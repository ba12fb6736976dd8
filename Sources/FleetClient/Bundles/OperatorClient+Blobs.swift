import AsyncHTTPClient
package import Fleet
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

extension OperatorClient {
    /// What a push did.
    package struct PushReport: Hashable, Sendable {
        /// The bundle's digest.
        package var bundle: Digest
        /// Files that the controller did not have.
        package var uploaded: Int
        /// Bytes that were sent.
        package var bytes: Int64
    }

    /// Uploads what a controller lacks of a bundle, its list last, so that a list that is there has its files.
    ///
    /// `progress` is told how many bytes were sent, of how many are missing; it may be called from any thread.
    package func push(
        _ directory: BundleDirectory,
        progress: @escaping @Sendable (Int64, Int64) -> Void
    ) async throws(ClientError) -> PushReport {
        let sources = directory.sources
        var missing: [BundleList.File] = []
        for file in sources.values.sorted(by: { $0.path < $1.path })
        where try await !hasBlob(file.digest, size: file.size) {
            missing.append(file)
        }
        let total = missing.reduce(0) { $0 + $1.size }
        let sent = Mutex<Int64>(0)
        for file in missing {
            let chunks = FileChunks(path: "\(directory.path)/\(file.path)") { count in
                let now = sent.withLock { sent in
                    sent += Int64(count)
                    return sent
                }
                progress(now, total)
            }
            try await putBlob(file.digest, body: .stream(chunks, length: .known(file.size)))
        }
        let list = directory.list
        if try await !hasBlob(list.digest, size: Int64(list.bytes.count)) {
            try await putBlob(list.digest, body: .bytes(ByteBuffer(bytes: list.bytes)))
        }
        return PushReport(bundle: list.digest, uploaded: missing.count, bytes: total)
    }

    /// Whether the controller has a blob, whole: it reads all `size` bytes and hashes them before it answers.
    package func hasBlob(_ digest: Digest, size: Int64) async throws(ClientError) -> Bool {
        let path = blobPath(digest)
        // A slow disk gives 32 MiB a second.
        let response = try await send(.HEAD, path, longer: .seconds(size >> 25))
        switch response.status.code {
        case 200..<300: return true
        case 404: return false
        // A HEAD answers no body, so the reason has to be told by its status.
        case 401:
            throw ClientError(
                .refused,
                "the token is not accepted by \(profile.url)",
                hint: loginHint
            )
        default:
            throw ClientError(
                .unexpectedAnswer,
                "HEAD \(path) at \(profile.url) answered \(response.status)",
                hint: "look into the controller's log"
            )
        }
    }

    private func putBlob(_ digest: Digest, body: HTTPClientRequest.Body) async throws(ClientError) {
        let path = blobPath(digest)
        // As long as bytes move there is no deadline: models are large and links are slow.
        let response = try await send(.PUT, path, body: body, type: "application/octet-stream", longer: nil)
        _ = try await accepted(response, to: "PUT \(path)")
    }

    private func blobPath(_ digest: Digest) -> String { project("/blobs/sha256/\(digest.hex)") }
}
