import Fleet
import NIOCore
import Synchronization

@testable import FleetAgent

/// Blobs in memory, as a controller would give them, and the ways in which one may not.
final class MemorySource: BlobSource {
    enum Fault: Hashable, Sendable {
        /// The first answer ends after so many bytes.
        case cut(Int)
        /// Another byte than it should be.
        case damaged
        /// It is not there.
        case missing
        /// Nothing comes after so many bytes, once; it does not end either.
        case silent(after: Int)
    }

    private struct State {
        var blobs: [Digest: [UInt8]] = [:]
        var faults: [Digest: Fault] = [:]
        var asked: [(digest: Digest, offset: Int64)] = []
        var abandoned = 0
        /// What never ends, kept so that it does not.
        var silent: [AsyncThrowingStream<ByteBuffer, any Error>.Continuation] = []
    }

    private let state = Mutex(State())

    /// Adds a blob.
    @discardableResult func add(_ bytes: [UInt8]) -> Digest {
        let digest = Digest(of: bytes)
        state.withLock { $0.blobs[digest] = bytes }
        return digest
    }

    /// Adds a bundle.
    func add(bundle files: [String: String]) throws -> Digest {
        try add(files: files.mapValues { Array($0.utf8) })
    }

    /// The same with bytes.
    func add(files: [String: [UInt8]]) throws -> Digest {
        let list = try BundleList(
            files: files.map { path, bytes in
                BundleList.File(digest: add(bytes), size: Int64(bytes.count), mode: 0o644, path: path)
            }
        )
        return add(list.bytes)
    }

    /// A blob, as it should be.
    func bytes(of digest: Digest) -> [UInt8]? { state.withLock { $0.blobs[digest] } }
    /// From now on nothing can be had.
    func forgetAll() { state.withLock { $0.blobs = [:] } }

    func fail(_ digest: Digest, _ fault: Fault) { state.withLock { $0.faults[digest] = fault } }

    /// From where each blob was asked for.
    func offsets(of digest: Digest) -> [Int64] {
        state.withLock { $0.asked.filter { $0.digest == digest }.map(\.offset) }
    }

    /// How many answers were given up.
    var abandoned: Int { state.withLock { $0.abandoned } }

    func open(_ digest: Digest, from offset: Int64) async throws -> BlobStream {
        let (bytes, fault) = state.withLock { state in
            state.asked.append((digest, offset))
            return (state.blobs[digest], state.faults[digest])
        }
        guard var bytes else { throw AgentError(.blobMissing, "there is no \(digest)") }
        var failure: AgentError?
        var isSilent = false
        switch fault {
        case .cut(let count)?:
            bytes = Array(bytes.prefix(count))
            failure = AgentError(.blobUnavailable, "cut short")
            state.withLock { $0.faults[digest] = nil }
        case .damaged?: bytes[0] ^= 1
        case .missing?: throw AgentError(.blobMissing, "there is no \(digest)")
        case .silent(let count)?:
            bytes = Array(bytes.prefix(count))
            isSilent = true
            state.withLock { $0.faults[digest] = nil }
        case nil: break
        }
        let pieces = [ByteBuffer(bytes: bytes.dropFirst(Int(offset)))]
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
        for piece in pieces { continuation.yield(piece) }
        if isSilent {
            state.withLock { $0.silent.append(continuation) }
        } else {
            continuation.finish(throwing: failure)
        }
        return BlobStream(offset: offset, body: stream) { [self] in state.withLock { $0.abandoned += 1 } }
    }
}
