package import Fleet
import FleetSecurity
import FleetStore
import Foundation
import Glibc

/// Copies of all that a controller must not lose: the store, the authority with its key, the first admin's credentials, the
/// blobs. Figures are left out.
package enum ControllerBackup {
    private static let list = "backup.json"
    private static let store = "fleet.sqlite"
    private static let secrets = ["authority.pem", "authority-key.pem", "admin-credentials"]

    /// Makes a backup, also while the controller runs: the store as one snapshot, then everything that it refers to.
    ///
    /// - Parameters:
    ///   - directory: the controller's data directory.
    ///   - target: a directory that is not there yet, or empty. It is made with mode 0700 and appears whole.
    /// - Throws: `ControllerError` `notFound`, `conflict`, `unavailable`; `FleetStoreError`; `CancellationError`.
    package static func make(
        of directory: String,
        to target: String,
        version: String,
        now: Instant
    ) async throws -> BackupSummary {
        guard exists("\(directory)/\(store)"), exists("\(directory)/authority-key.pem") else {
            throw ControllerError(
                .notFound,
                "there is no controller's data in \(directory)",
                hint: "name the directory that muster-controller runs with: --data DIR"
            )
        }
        try refuse(unlessFree: target, what: "the backup")
        return try await filling(target) { partial in
            let head = try FleetDatabase.copy("\(directory)/\(store)", to: "\(partial)/\(store)") {
                (record: try $0.controller(), audit: try $0.auditHead())
            }
            try protect("\(partial)/\(store)")
            for name in secrets where exists("\(directory)/\(name)") {
                try copy("\(directory)/\(name)", to: "\(partial)/\(name)")
            }
            let blobs = try await copyBlobs(from: "\(directory)/blobs", to: "\(partial)/blobs")
            var files: [BackupList.File] = []
            for name in [store] + secrets where exists("\(partial)/\(name)") {
                files.append(try await entry(name, in: partial))
            }
            let list = BackupList(
                format: BackupList.format,
                controller: head.record.id,
                madeAt: now,
                version: version,
                epoch: head.record.epoch,
                revision: head.record.revision,
                audit: head.audit,
                files: files,
                blobs: blobs.count,
                blobBytes: blobs.bytes
            )
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try SecretFile.write(Array(try encoder.encode(list)), to: "\(partial)/\(Self.list)")
            return summary(list, damaged: blobs.damaged)
        }
    }

    /// Puts a backup into an empty data directory. The store takes a higher epoch and is frozen: a controller that starts on
    /// it moves nothing until a person thaws it. Agents follow it without being enrolled again.
    ///
    /// - Parameters:
    ///   - source: the backup's directory; every file of it is verified.
    ///   - directory: a data directory that is not there yet, or empty.
    /// - Throws: `ControllerError` `notFound`, `invalid`, `conflict`, `unavailable`; `FleetStoreError`; `CancellationError`.
    package static func restore(
        _ source: String,
        to directory: String,
        now: Instant
    ) async throws -> BackupSummary {
        let list = try read(source)
        try refuse(unlessFree: directory, what: "the data directory")
        return try await filling(directory) { partial in
            for file in list.files {
                let found = try? await entry(file.path, in: source)
                guard let found, found.digest == file.digest, secrets.contains(file.path) || file.path == store else {
                    throw damaged(source, "\(file.path) is not what was backed up")
                }
                try copy("\(source)/\(file.path)", to: "\(partial)/\(file.path)")
            }
            let blobs = try await copyBlobs(from: "\(source)/blobs", to: "\(partial)/blobs")
            guard blobs.damaged.isEmpty, blobs.count == list.blobs else {
                let why = blobs.damaged.first.map { "the blob \($0) is not what was backed up" }
                throw damaged(source, why ?? "\(list.blobs) blobs were backed up, and \(blobs.count) are there")
            }
            var restored = summary(list, damaged: [])
            restored.epoch = try await freeze("\(partial)/\(store)", list, now: now)
            return restored
        }
    }

    // MARK: The store

    private static func freeze(_ path: String, _ list: BackupList, now: Instant) async throws -> UInt64 {
        let store = try FleetDatabase(path: path)
        do {
            let term = try await store.begin(id: list.controller, now: now).term
            let reason = "it was restored from the backup of \(list.madeAt)"
            let change = Change(actor: "muster-controller restore", now: now, term: term)
            let epoch = try await store.write(change) { try $0.freeze(above: list.epoch, reason: reason).epoch }
            try await store.close()
            return epoch
        } catch {
            try? await store.close()
            throw error
        }
    }

    // MARK: Files

    /// Fills a directory beside the target and gives it the target's name when it is whole and on the disk. A target that is
    /// a file system's root cannot be replaced: there the directory stands inside, and what is in it moves up.
    private static func filling(
        _ target: String,
        _ body: (String) async throws -> BackupSummary
    ) async throws -> BackupSummary {
        var trimmed = Substring(target)
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        let target = String(trimmed)
        let isRoot = isRootOfFileSystem(target)
        let partial = isRoot ? "\(target)/.partial-\(getpid())" : "\(target).partial-\(getpid())"
        do {
            try FileManager.default.createDirectory(
                atPath: partial,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            let summary = try await body(partial)
            try sync(partial)
            if isRoot {
                for name in names(in: partial) { try move("\(partial)/\(name)", to: "\(target)/\(name)") }
                try FileManager.default.removeItem(atPath: partial)
                try sync(target)
            } else {
                try move(partial, to: target)
                try sync((target as NSString).deletingLastPathComponent)
            }
            return summary
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            guard let error = error as? CocoaError else { throw error }
            throw ControllerError(
                .unavailable,
                "\(target) could not be written: \(error.localizedDescription)",
                hint: "see to the room and the owner of that directory",
                cause: error
            )
        }
    }

    /// Whether something is mounted at a path.
    private static func isRootOfFileSystem(_ path: String) -> Bool {
        var (here, above) = (stat(), stat())
        guard stat(path, &here) == 0, stat("\(path)/..", &above) == 0 else { return false }
        return here.st_dev != above.st_dev
    }

    private static func move(_ source: String, to target: String) throws {
        guard unsafe rename(source, target) == 0 else { throw failure(target, errno) }
    }

    private static func copyBlobs(
        from source: String,
        to target: String
    ) async throws -> (count: Int, bytes: Int64, damaged: [Digest]) {
        var (count, bytes, damaged): (Int, Int64, [Digest]) = (0, 0, [])
        try makeDirectory(target)
        for shelf in names(in: source).sorted() where shelf.count == 2 {
            try makeDirectory("\(target)/\(shelf)")
            for name in names(in: "\(source)/\(shelf)").sorted() {
                guard let digest = Digest(hex: Substring(name)) else { continue }
                try Task.checkCancellation()
                try copy("\(source)/\(shelf)/\(name)", to: "\(target)/\(shelf)/\(name)")
                // What was copied is verified, not what was there.
                guard let file = BlobFile(path: "\(target)/\(shelf)/\(name)"), try await file.digest() == digest else {
                    unlink("\(target)/\(shelf)/\(name)")
                    damaged.append(digest)
                    continue
                }
                count += 1
                bytes += file.size
            }
            try sync("\(target)/\(shelf)")
        }
        try sync(target)
        return (count, bytes, damaged)
    }

    private static func entry(_ name: String, in directory: String) async throws -> BackupList.File {
        guard let file = BlobFile(path: "\(directory)/\(name)"), let digest = try await file.digest() else {
            throw failure("\(directory)/\(name)", errno)
        }
        return BackupList.File(path: name, size: file.size, digest: digest)
    }

    private static func read(_ source: String) throws -> BackupList {
        guard let data = FileManager.default.contents(atPath: "\(source)/\(list)") else {
            throw ControllerError(
                .notFound,
                "there is no backup in \(source): it has no \(list), or this user may not read it",
                hint: "name the directory that muster-controller backup made; one that was cut short is none"
            )
        }
        guard let read = try? JSONDecoder().decode(BackupList.self, from: data) else {
            throw damaged(source, "\(list) cannot be read")
        }
        guard read.format == BackupList.format else {
            throw ControllerError(
                .invalid,
                "the backup in \(source) has the format \(read.format), and this program reads \(BackupList.format)",
                hint: "restore it with muster-controller \(read.version)"
            )
        }
        return read
    }

    private static func copy(_ source: String, to target: String) throws {
        try FileManager.default.copyItem(atPath: source, toPath: target)
        try protect(target)
    }

    /// Only its owner may read it, and it is on the disk.
    private static func protect(_ path: String) throws {
        guard unsafe chmod(path, 0o600) == 0 else { throw failure(path, errno) }
        try sync(path)
    }

    private static func sync(_ path: String) throws {
        let descriptor = unsafe open(path.isEmpty ? "." : path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path, errno) }
    }

    private static func makeDirectory(_ path: String) throws {
        guard unsafe mkdir(path, 0o700) == 0 else { throw failure(path, errno) }
    }

    private static func names(in directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }

    private static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    private static func refuse(unlessFree path: String, what: String) throws {
        guard exists(path) else { return }
        // A file system that was just made has that one.
        guard let found = try? FileManager.default.contentsOfDirectory(atPath: path),
            found.allSatisfy({ $0 == "lost+found" })
        else {
            throw ControllerError(
                .conflict,
                "\(what) \(path) is not empty; nothing was changed",
                hint: "name a directory that is not there yet, or move that one away"
            )
        }
    }

    private static func summary(_ list: BackupList, damaged: [Digest]) -> BackupSummary {
        BackupSummary(
            madeAt: list.madeAt,
            revision: list.revision,
            epoch: list.epoch,
            audit: list.audit,
            blobs: list.blobs,
            blobBytes: list.blobBytes,
            damaged: damaged
        )
    }

    private static func damaged(_ source: String, _ why: String) -> ControllerError {
        ControllerError(
            .invalid,
            "the backup in \(source) is damaged: \(why); nothing was restored",
            hint: "take another backup, or a copy of this one"
        )
    }

    private static func failure(_ path: String, _ number: Int32) -> ControllerError {
        let why = unsafe String(cString: strerror(number))
        return ControllerError(
            .unavailable,
            "\(path) could not be read or written: \(why)",
            hint: "see to the room and the owner of that directory"
        )
    }
}
