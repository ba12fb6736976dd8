import Fleet
import Glibc
import Logging
import NIOPosix

/// Bundles as directories, made of blobs by hard links, so that versions share what they share on disk.
struct BundleStore: Sendable {
    /// What must stay free for the journal and the logs, in bytes.
    private static let reserve: Int64 = 64 << 20

    let files: AgentFiles
    let disk: any AgentDisk
    let blobs: BlobStore
    let logger: Logger
    /// A directory has one maker.
    private let turns = BlobTurns()

    init(files: AgentFiles, blobs: BlobStore, logger: Logger) {
        self.files = files
        disk = blobs.disk
        self.blobs = blobs
        self.logger = logger
    }

    /// Where a bundle stands once it is here.
    func path(of bundle: Digest) -> String { "\(files.models)/\(bundle.hex)" }

    /// Makes sure that a bundle is here, whole and unchanged: every file is hashed again; what was changed on disk is
    /// fetched anew. A directory that is here is mended file by file, since a replica may serve from it.
    ///
    /// - Returns: its directory.
    func ensure(_ bundle: Digest) async throws -> String {
        try await turns.take(bundle) { try await make(bundle) }
    }

    private func make(_ bundle: Digest) async throws -> String {
        let list = try await list(of: bundle)
        let directory = path(of: bundle)
        let damaged = try await Self.offLoop { try problems(with: list, in: directory) }
        guard !damaged.isEmpty else { return directory }
        if disk.exists(directory) {
            logger.warning(
                "a bundle on disk is not what it should be; it is mended",
                metadata: ["bundle": "\(bundle)", "files": "\(damaged.count)", "first": "\(damaged[0].path)"]
            )
        }
        try checkSpace(for: list)
        for file in damaged { try await blobs.ensureIntact(file.digest) }
        try await Self.offLoop {
            if disk.exists(directory) {
                for file in damaged { try mend(file, in: directory) }
            } else {
                try materialise(list, as: directory)
            }
        }
        return directory
    }

    /// The list of a bundle, fetched when it is not here.
    func list(of bundle: Digest) async throws -> BundleList {
        try await blobs.ensureIntact(bundle)
        guard let bytes = try disk.read(blobs.path(of: bundle)), Digest(of: bytes) == bundle else {
            throw AgentError(
                .digestMismatch,
                "the list of bundle \(bundle) changes on disk while it is read; check the disk"
            )
        }
        do {
            return try BundleList(bytes: bytes)
        } catch {
            throw AgentError(.refused, "the list of bundle \(bundle) cannot be used: \(error.message)")
        }
    }

    /// Removes every bundle and blob that none of `kept` needs.
    func collect(keeping kept: Set<Digest>) {
        var needed = Set<String>()
        for bundle in kept {
            needed.insert(bundle.hex)
            guard let bytes = try? disk.read(blobs.path(of: bundle)), let list = try? BundleList(bytes: bytes)
            else { continue }
            for file in list.files { needed.insert(file.digest.hex) }
        }
        for name in (try? disk.names(in: files.models)) ?? [] where !needed.contains(name) {
            disk.remove("\(files.models)/\(name)")
        }
        for directory in [files.blobs, files.partialBlobs] {
            for name in (try? disk.names(in: directory)) ?? [] where !needed.contains(name) {
                try? disk.unlink("\(directory)/\(name)")
            }
        }
    }

    /// Refuses what the disk cannot take, before anything is fetched.
    private func checkSpace(for list: BundleList) throws(AgentError) {
        let missing = list.files.filter { !disk.exists(blobs.path(of: $0.digest)) }
        let needed = missing.reduce(Self.reserve) { $0 + $1.size }
        guard let free = try? disk.free(at: files.models), free < needed else { return }
        throw AgentError(
            .refused,
            "the disk at \(files.directory) has \(free >> 20) MiB left, and the model needs \(needed >> 20) MiB "
                + "with the reserve; nothing was changed: free some space"
        )
    }

    /// The files that are missing or not as listed.
    private func problems(with list: BundleList, in directory: String) throws -> [BundleList.File] {
        guard disk.exists(directory) else { return list.files.isEmpty ? [] : list.files }
        return try list.files.filter { try BlobFile.digest(of: "\(directory)/\($0.path)", on: disk) != $0.digest }
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
        // A mode belongs to the file and not to its name: only the common one can be shared.
        if file.mode == 0o644, (try? disk.link(blob, as: path)) != nil { return }
        guard let bytes = try disk.read(blob) else { throw DiskFault(ENOENT).error("read", blob) }
        try disk.replace(path, with: bytes, mode: UInt32(file.mode))
    }

    /// Runs what blocks where blocking harms nobody.
    private static func offLoop<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(work)
    }
}
