import DaemonKit
import Fleet
import Glibc
import Logging
import NIOPosix

/// Bundles as directories, made of blobs by hard links, so that versions share what they share on disk.
struct BundleStore: Sendable {
    /// The longest list that is fetched, in bytes: 10,000 lines with long paths.
    private static let listLimit: Int64 = 16 << 20

    let files: AgentFiles
    let disk: any AgentDisk
    let blobs: BlobStore
    let collector: BlobCollector
    let proofs = BundleProofs()
    let logger: Logger
    /// A directory has one maker.
    private let turns = BlobTurns()

    init(files: AgentFiles, blobs: BlobStore, quota: BlobQuota = .standard, logger: Logger) {
        self.files = files
        disk = blobs.disk
        self.blobs = blobs
        collector = BlobCollector(files: files, disk: blobs.disk, quota: quota, time: blobs.time, logger: logger)
        self.logger = logger
    }

    /// How far bundles are on their way.
    var progress: FetchProgress { blobs.progress }

    /// Where a bundle stands once it is here.
    func path(of bundle: Digest) -> String { files.bundle(bundle) }

    /// Makes sure that a bundle is here, whole and unchanged: every file is hashed again; what was changed on disk is
    /// fetched anew. A directory that is here is mended file by file, since a replica may serve from it.
    ///
    /// - Parameter work: what is then made of it, before anybody else has a turn at it or takes it away.
    /// - Returns: its directory.
    /// - Throws: `refused` when there is no room for it; otherwise as `BlobStore.ensureIntact`, and what the work throws.
    func ensure(
        _ bundle: Digest,
        then work: @Sendable (_ directory: String, BundleList) async throws -> Void = { _, _ in }
    ) async throws -> String {
        try await turns.take(bundle) {
            proofs.forget(bundle)
            progress.began(bundle)
            defer { progress.ended(bundle) }
            collector.claim(bundle, BundleClaim(of: bundle))
            defer { collector.release(bundle) }
            let (directory, list) = try await make(bundle)
            try await work(directory, list)
            proofs.seen(bundle, steady: blobs.time.elapsed(), at: blobs.time.now())
            return directory
        }
    }

    /// The first file of a bundle that is missing or not as listed, slowly looked for; `nil` when it is whole.
    ///
    /// - Throws: `files` when the disk cannot be read; `CancellationError`.
    func damage(in bundle: Digest) async throws -> String? {
        proofs.forget(bundle)
        guard let bytes = try disk.read(blobs.path(of: bundle)), Digest(of: bytes) == bundle,
            let list = try? BundleList(bytes: bytes)
        else { return "the list of files" }
        let directory = path(of: bundle)
        guard disk.exists(directory) else { return "the directory" }
        let pace = BlobPace(disk: disk, time: blobs.time)
        for file in list.files {
            guard try await pace.digest(of: "\(directory)/\(file.path)") == file.digest else { return file.path }
        }
        proofs.seen(bundle, steady: blobs.time.elapsed(), at: blobs.time.now())
        return nil
    }

    private func make(_ bundle: Digest) async throws -> (directory: String, BundleList) {
        let list = try await list(of: bundle)
        let directory = path(of: bundle)
        let damaged = try await Self.offLoop { try problems(with: list, of: bundle, in: directory) }
        guard !damaged.isEmpty else { return (directory, list) }
        if disk.exists(directory) {
            logger.warning(
                "a bundle on disk is not what it should be; it is mended",
                metadata: ["bundle": "\(bundle)", "files": "\(damaged.count)", "first": "\(damaged[0].path)"]
            )
        }
        collector.claim(bundle, BundleClaim(of: bundle, list, hasDirectory: disk.exists(directory)))
        try await collector.makeRoom(for: bundle)
        for file in damaged {
            progress.waits(bundle, for: file.digest)
            try await blobs.ensureIntact(file.digest, limit: file.size)
            progress.finished(file.size, of: bundle)
        }
        try await Self.offLoop {
            if disk.exists(directory) {
                for file in damaged { try mend(file, in: directory) }
            } else {
                try materialise(list, as: directory)
            }
        }
        return (directory, list)
    }

    /// The list of a bundle, fetched when it is not here.
    func list(of bundle: Digest) async throws -> BundleList {
        try await blobs.ensureIntact(bundle, limit: Self.listLimit)
        guard let bytes = try disk.read(blobs.path(of: bundle)), Digest(of: bytes) == bundle else {
            throw AgentError(
                .files,
                "the list of bundle \(bundle) changes on disk while it is read; check the disk"
            )
        }
        do {
            return try BundleList(bytes: bytes)
        } catch {
            throw AgentError(.refused, "the list of bundle \(bundle) cannot be used: \(error.message)")
        }
    }

    /// The files that are missing or not as listed.
    private func problems(
        with list: BundleList,
        of bundle: Digest,
        in directory: String
    ) throws -> [BundleList.File] {
        guard disk.exists(directory) else { return list.files.isEmpty ? [] : list.files }
        return try list.files.filter { file in
            let found = try BlobFile.digest(of: "\(directory)/\(file.path)", on: disk) {
                progress.read($0, of: bundle)
            }
            progress.finished(found == file.digest ? file.size : 0, of: bundle)
            return found != file.digest
        }
    }

    private func materialise(_ list: BundleList, as directory: String) throws {
        let temporary = "\(directory).new"
        disk.remove(temporary)
        try disk.makeDirectories(temporary)
        for file in list.files { try place(file, at: "\(temporary)/\(file.path)") }
        do {
            // Under its own name it is whole, after a power cut too.
            for path in Set(list.files.map { FileAccess.parent(of: "\(temporary)/\($0.path)") }).sorted() {
                try disk.syncDirectory(path)
            }
            try disk.rename(temporary, to: directory)
            try disk.syncDirectory(files.models)
        } catch {
            disk.remove(directory)
            throw error.error("write", directory)
        }
    }

    /// Puts the right file in the place of a wrong one; who has the wrong one open keeps it.
    private func mend(_ file: BundleList.File, in directory: String) throws {
        let path = "\(directory)/\(file.path)"
        let temporary = "\(path).mended"
        try? disk.unlink(temporary)
        try place(file, at: temporary)
        do {
            try disk.rename(temporary, to: path)
            try disk.syncDirectory(FileAccess.parent(of: path))
        } catch {
            throw error.error("write", path)
        }
    }

    private func place(_ file: BundleList.File, at path: String) throws {
        let blob = blobs.path(of: file.digest)
        try disk.makeDirectories(FileAccess.parent(of: path))
        if file.sharesBlob, (try? disk.link(blob, as: path)) != nil { return }
        guard let bytes = try disk.read(blob) else { throw DiskFault(ENOENT).error("read", blob) }
        try disk.replace(path, with: bytes, mode: UInt32(file.mode))
    }

    /// Runs what blocks where blocking harms nobody.
    private static func offLoop<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(work)
    }
}
