import CProcess
import Fleet
import Glibc
import Logging

/// The host's memory: an append-only file of checksummed records, replaced by a snapshot when it has grown.
///
/// Used by the supervising loop alone; `append` returns when the records are durable. A torn tail (a write that a crash cut
/// off) is cut at opening; damage in the middle is reported, never guessed over.
struct Journal: ~Copyable {
    /// A file that is shorter than this is not replaced by a snapshot, in bytes.
    static let compactionFloor = 1 << 20

    /// What the records say.
    private(set) var state: JournalState
    /// How many bytes a crash had left at the end, and opening has cut.
    let tornBytes: Int
    /// What is taken from the disk ahead, in bytes: enough to record a rollback when the disk is full.
    static let reservation = 1 << 20

    private let path: String
    private let disk: JournalDisk
    private var file: Int32
    private var reservedThrough = 0
    private var size: Int
    private var sizeAfterCompaction: Int

    /// Opens or begins a journal.
    ///
    /// - Throws: `journalDamaged`, or `files`.
    init(path: String, disk: JournalDisk = .system) throws(AgentError) {
        let bytes = try FileAccess.read(path) ?? []
        let scan = JournalFrame.scan(bytes)
        if let offset = scan.damage { throw Self.damaged(path, offset: offset) }
        var state = JournalState()
        for (index, payload) in scan.payloads.enumerated() {
            do {
                state.apply(try JSONCoding.decode(JournalRecord.self, from: payload))
            } catch {
                throw AgentError(
                    .journalDamaged,
                    "record \(index + 1) of the journal \(path) cannot be read, though its checksum is right: a newer "
                        + "agent wrote it, perhaps; install that version again, or move the file away to begin anew",
                    cause: error
                )
            }
        }
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileAccess.failure("open", path) }
        guard ftruncate(file, off_t(scan.end)) == 0, lseek(file, 0, SEEK_END) >= 0, fsync(file) == 0 else {
            let failure = FileAccess.failure("write", path)
            close(file)
            throw failure
        }
        FileAccess.syncDirectory(of: path)
        self.path = path
        self.disk = disk
        self.file = file
        self.state = state
        tornBytes = bytes.count - scan.end
        size = scan.end
        sizeAfterCompaction = 0
        reserve()
    }

    deinit {
        close(file)
    }

    /// Makes records durable, all of them or none.
    mutating func append(_ records: [JournalRecord]) throws(AgentError) {
        guard !records.isEmpty else { return }
        let bytes = try Self.bytes(of: records)
        guard lseek(file, off_t(size), SEEK_SET) >= 0, disk.write(bytes, file), disk.sync(file) else {
            let failure = FileAccess.failure("write", path)
            // What was half written must not stand before the next record. Cutting gives the reservation back.
            if FileAccess.size(of: path) != Int64(size) {
                ftruncate(file, off_t(size))
                reservedThrough = size
                reserve()
            }
            throw failure
        }
        size += bytes.count
        reserve()
        for record in records { state.apply(record) }
        // The records stand; a snapshot that fails now is tried again with the next ones.
        if size > max(Self.compactionFloor, 4 * sizeAfterCompaction) { try? compact() }
    }

    /// Replaces the file by what it says.
    mutating func compact() throws(AgentError) {
        let bytes = try Self.bytes(of: state.snapshot)
        try FileAccess.replace(path, with: bytes)
        let replaced = open(path, O_WRONLY | O_CLOEXEC)
        guard replaced >= 0 else { throw FileAccess.failure("open", path) }
        close(file)
        file = replaced
        size = bytes.count
        sizeAfterCompaction = bytes.count
        reservedThrough = size
        reserve()
    }

    /// Takes space ahead, without which the file would not be longer; a file system that cannot, or is full, is no failure.
    private mutating func reserve() {
        guard reservedThrough - size <= Self.reservation / 2 else { return }
        guard cprocess_reserve(file, off_t(size), off_t(Self.reservation)) == 0 else { return }
        reservedThrough = size + Self.reservation
    }

    private static func bytes(of records: [JournalRecord]) throws(AgentError) -> [UInt8] {
        var bytes: [UInt8] = []
        for record in records {
            guard let payload = try? JSONCoding.encode(record), payload.count <= JournalFrame.limit else {
                throw AgentError(.files, "a record of the journal cannot be written: it is too large or no JSON")
            }
            bytes += JournalFrame.bytes(of: payload)
        }
        return bytes
    }

    private static func damaged(_ path: String, offset: Int) -> AgentError {
        AgentError(
            .journalDamaged,
            "the journal \(path) is damaged at byte \(offset), and records follow it: the disk has lost data; "
                + "nothing was changed, and what runs goes on; restore the file from a backup, or move it away "
                + "to begin anew with what the controller knows"
        )
    }
}
