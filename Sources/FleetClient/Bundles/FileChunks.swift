import Foundation
import NIOCore

/// A file's bytes in chunks, read as the connection takes them.
struct FileChunks: AsyncSequence, Sendable {
    static let chunk = 256 << 10

    let path: String
    /// Told after each chunk how many bytes it had.
    let progress: @Sendable (Int) -> Void

    struct AsyncIterator: AsyncIteratorProtocol {
        var handle: FileHandle?
        let path: String
        let progress: @Sendable (Int) -> Void

        mutating func next() async throws -> ByteBuffer? {
            let handle = try self.handle ?? FileHandle(forReadingFrom: URL(filePath: path))
            self.handle = handle
            guard let data = try handle.read(upToCount: FileChunks.chunk), !data.isEmpty else {
                try handle.close()
                return nil
            }
            progress(data.count)
            return ByteBuffer(bytes: data)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(path: path, progress: progress) }
}
