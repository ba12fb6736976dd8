import DaemonKit
import Fleet
import Logging
import NIOCore
import NIOPosix

/// Files by digest, shared between versions: fetched, verified before use, resumed where they were cut off.
struct BlobStore: Sendable {
    /// How long a fetch may go without a byte before it is given up (DESIGN §8).
    static let patience = Span.seconds(120)

    let files: AgentFiles
    let disk: any AgentDisk
    let source: any BlobSource
    let time: TimeSource
    let logger: Logger
    /// What comes, as it comes.
    let progress = FetchProgress()
    /// A partial file has one writer.
    private let turns = BlobTurns()

    init(files: AgentFiles, disk: any AgentDisk, source: any BlobSource, time: TimeSource, logger: Logger) {
        self.files = files
        self.disk = disk
        self.source = source
        self.time = time
        self.logger = logger
    }

    /// Where a blob stands once it is here.
    func path(of digest: Digest) -> String { "\(files.blobs)/\(digest.hex)" }

    /// Makes sure that a blob is here. What is here was verified when it came.
    ///
    /// - Parameter limit: the most bytes that it may have: a source that sends more is not believed.
    /// - Throws: `blobMissing`, `digestMismatch`, `files`, or `blobUnavailable` after `patience` without a byte.
    func ensure(_ digest: Digest, limit: Int64 = .max) async throws {
        guard !disk.exists(path(of: digest)) else { return }
        try await turns.take(digest) { _ = try await fetchAll(digest, limit) }
    }

    /// Makes sure that a blob is here and unchanged: it is hashed again, and fetched anew when it was changed on disk.
    func ensureIntact(_ digest: Digest, limit: Int64 = .max) async throws {
        try await turns.take(digest) {
            defer { progress.left(digest) }
            // What has just come was hashed on its way.
            guard try await !fetchAll(digest, limit) else { return }
            let path = path(of: digest)
            let found = try await NIOThreadPool.singleton.runIfActive { [disk, progress] in
                try BlobFile.digest(of: path, on: disk) { progress.arrived($0, of: digest) }
            }
            guard found != digest else { return }
            logger.warning("a blob was changed on disk; it is fetched again", metadata: ["blob": "\(digest)"])
            try? disk.unlink(path)
            _ = try await fetchAll(digest, limit)
        }
    }

    /// Fetches what is not here, as often as it takes; `false` when it is here already.
    private func fetchAll(_ digest: Digest, _ limit: Int64) async throws -> Bool {
        guard !disk.exists(path(of: digest)) else { return false }
        defer { progress.left(digest) }
        let began = time.elapsed()
        var lastProgress = began
        var had: Int64 = -1
        var wait = Span(milliseconds: 200)
        while !disk.exists(path(of: digest)) {
            do {
                try await fetch(digest, limit)
            } catch let error as AgentError where error.code != .blobUnavailable {
                throw error
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                let have = (try? disk.size(of: partial(digest))) ?? 0
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
        logger.info(
            "blob fetched and verified",
            metadata: [
                "blob": "\(digest)", "bytes": "\((try? disk.size(of: path(of: digest))) ?? 0)",
                "ms": "\((time.elapsed() - began).milliseconds)",
            ]
        )
        return true
    }

    /// The part that was here may have been damaged, by a power cut say: the source is believed to be wrong only when all
    /// of it came at once.
    private static func damagedPart(of digest: Digest) -> AgentError {
        AgentError(.blobUnavailable, "the part of \(digest) that was here did not fit the rest: it is fetched anew")
    }

    private func partial(_ digest: Digest) -> String { "\(files.partialBlobs)/\(digest.hex)" }

    /// One try, ended when nothing comes any more.
    private func fetch(_ digest: Digest, _ limit: Int64) async throws {
        let silence = BlobSilence(time: time)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await receive(digest, limit, silence) }
            group.addTask {
                try await silence.outlasts(Self.patience)
                throw AgentError(.blobUnavailable, "\(digest): not a byte came for \(Self.patience)")
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func receive(_ digest: Digest, _ limit: Int64, _ silence: BlobSilence) async throws {
        let partial = partial(digest)
        var file = try BlobFile(continuing: partial, on: disk) { progress.arrived($0, of: digest) }
        silence.heard()
        let stream = try await source.open(digest, from: file.size)
        var isWhole = false
        defer { if !isWhole { stream.abandon() } }
        if stream.offset != file.size {
            guard stream.offset == 0 else {
                throw AgentError(.blobUnavailable, "\(digest): the source begins at byte \(stream.offset)")
            }
            try file.restart()
        }
        let isContinued = file.size > 0
        for try await piece in stream.body {
            silence.heard()
            guard file.size + Int64(piece.readableBytes) <= limit else {
                try? disk.unlink(partial)
                if isContinued { throw Self.damagedPart(of: digest) }
                throw AgentError(
                    .digestMismatch,
                    "what came as \(digest) is longer than the \(limit) bytes that it should have: the copy at the source "
                        + "is damaged; nothing was changed; push the bundle again with `muster model push`"
                )
            }
            try file.append(piece)
            progress.arrived(file.size, of: digest)
        }
        // A cancelled sequence ends like a whole one.
        try Task.checkCancellation()
        isWhole = true
        let found: Digest
        do {
            found = try file.finish()
        } catch {
            // What the kernel could not write it shows on, and does not try again: it must not be continued.
            try? disk.unlink(partial)
            throw error
        }
        guard found == digest else {
            try? disk.unlink(partial)
            if isContinued { throw Self.damagedPart(of: digest) }
            throw AgentError(
                .digestMismatch,
                "what came as \(digest) is \(found): the copy at the source is damaged; nothing was changed; "
                    + "push the bundle again with `muster model push`"
            )
        }
        do {
            try disk.rename(partial, to: path(of: digest))
            try disk.syncDirectory(files.blobs)
        } catch {
            // What is found under its name is taken to be there for good.
            try? disk.unlink(path(of: digest))
            throw error.error("write", path(of: digest))
        }
    }
}

extension Span {
    fileprivate static func - (left: Span, right: Span) -> Span {
        Span(milliseconds: left.milliseconds - right.milliseconds)
    }
}
