import DaemonKit
import Fleet
import Glibc
import Logging
import NIOCore
import NIOPosix

/// Files by digest, shared between versions: fetched, verified before use, resumed where they were cut off.
struct BlobStore: Sendable {
    /// How long a fetch may go without a byte before it is given up (DESIGN §8).
    static let patience = Span.seconds(120)

    let files: AgentFiles
    let source: any BlobSource
    let time: TimeSource
    let logger: Logger

    /// Where a blob stands once it is here.
    func path(of digest: Digest) -> String { "\(files.blobs)/\(digest.hex)" }

    /// Makes sure that a blob is here. What is here was verified when it came.
    ///
    /// - Throws: `blobMissing`, `digestMismatch`, `files`, or `blobUnavailable` after `patience` without a byte.
    func ensure(_ digest: Digest) async throws {
        var lastProgress = time.elapsed()
        var had: Int64 = -1
        var wait = Span(milliseconds: 200)
        while !FileAccess.exists(path(of: digest)) {
            do {
                try await fetch(digest)
            } catch let error as AgentError where error.code != .blobUnavailable {
                throw error
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                let have = FileAccess.size(of: partial(digest)) ?? 0
                if have > had {
                    had = have
                    lastProgress = time.elapsed()
                }
                guard (time.elapsed() - lastProgress) < Self.patience else {
                    throw AgentError(
                        .blobUnavailable,
                        "\(digest) did not arrive: nothing came for \(Self.patience); last: \(error)",
                        cause: error
                    )
                }
                logger.debug("fetch failed", metadata: ["blob": "\(digest)", "error": "\(error)"])
                try await time.sleep(wait)
                wait = min(Span(milliseconds: wait.milliseconds * 2), .seconds(5))
            }
        }
    }

    /// Forgets a blob that turned out to be damaged.
    func discard(_ digest: Digest) {
        unlink(path(of: digest))
        unlink(partial(digest))
    }

    private func partial(_ digest: Digest) -> String { "\(files.partialBlobs)/\(digest.hex)" }

    private func fetch(_ digest: Digest) async throws {
        let partial = partial(digest)
        var file = try BlobFile(continuing: partial)
        let stream = try await source.open(digest, from: file.size)
        if stream.offset != file.size {
            guard stream.offset == 0 else {
                throw AgentError(.blobUnavailable, "\(digest): the source begins at byte \(stream.offset)")
            }
            try file.restart()
        }
        for try await piece in stream.body {
            try file.append(piece)
        }
        let found = try file.finish()
        guard found == digest else {
            unlink(partial)
            throw AgentError(
                .digestMismatch,
                "what came as \(digest) is \(found): the copy at the source is damaged; nothing was changed; "
                    + "push the bundle again with `muster model push`"
            )
        }
        guard rename(partial, path(of: digest)) == 0 else { throw FileAccess.failure("write", path(of: digest)) }
        FileAccess.syncDirectory(of: path(of: digest))
    }
}

extension Span {
    fileprivate static func - (left: Span, right: Span) -> Span {
        Span(milliseconds: left.milliseconds - right.milliseconds)
    }
}
