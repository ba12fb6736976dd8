import DaemonKit
import Fleet
import NIOPosix

import struct Crypto.SHA256

/// Reads files slowly, so that a check in the background takes nothing from what serves.
struct BlobPace: Sendable {
    /// One read, in bytes.
    private static let piece = 1 << 20
    /// The wait after each: about 32 MiB a second.
    private static let pause = Span(milliseconds: 30)

    let disk: any AgentDisk
    let time: TimeSource

    /// The digest of a file's content; `nil` when there is no such file.
    ///
    /// - Throws: `files` when it cannot be read; `CancellationError`.
    func digest(of path: String) async throws -> Digest? {
        guard disk.exists(path) else { return nil }
        let file: DiskFile
        do {
            file = try disk.open(path, .read)
        } catch {
            throw error.error("read", path)
        }
        defer { disk.close(file) }
        var hash = SHA256()
        var size: Int64 = 0
        while true {
            let offset = size
            let bytes = try await NIOThreadPool.singleton.runIfActive { [disk] in
                var buffer = [UInt8](repeating: 0, count: Self.piece)
                do {
                    let count = try disk.read(file, at: offset, into: &buffer)
                    return Array(buffer[..<count])
                } catch let fault as DiskFault {
                    throw fault.error("read", path)
                }
            }
            guard !bytes.isEmpty else { return Digest(hash.finalize()) }
            hash.update(data: bytes)
            size += Int64(bytes.count)
            if bytes.count == Self.piece { try await time.sleep(Self.pause) }
        }
    }
}
