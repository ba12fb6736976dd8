import Fleet
import Logging

/// The host's memory: an append-only file of checksummed records, replaced by a snapshot when it has grown.
///
/// Used by the supervising loop alone; `append` returns when the records are durable, and what is appended at once is there
/// after a crash as a whole or not at all. A torn tail (a write that a crash cut off) is cut; damage in the middle, and a
/// newer agent's file, are refused and never guessed over (`JournalReading`).
package struct Journal: ~Copyable {
    /// A file that is shorter than this is not replaced by a snapshot, in bytes.
    package static let compactionFloor = 1 << 20
    /// What is taken from the disk ahead, in bytes: enough to record a rollback when the disk is full.
    static let reservation = 1 << 20

    /// What the records say.
    package private(set) var state: JournalState
    /// How many bytes a crash had left at the end.
    package let tornBytes: Int

    private let path: String
    private let disk: any AgentDisk
    private let compactionFloor: Int
    private var file: DiskFile
    private var reservedThrough = 0
    private var size: Int
    private var sizeAfterCompaction = 0
    /// Whether bytes may stand after the last record, which must not be there when another follows.
    private var isTailDirty: Bool
    /// Whether the file has its name after a power cut.
    private var isNameDurable: Bool

    /// Opens or begins a journal.
    ///
    /// - Throws: `journalDamaged`, `journalNewer`, or `files`.
    package init(
        path: String,
        disk: any AgentDisk = SystemDisk(),
        compactionFloor: Int = Journal.compactionFloor
    ) throws(AgentError) {
        self.path = path
        self.disk = disk
        self.compactionFloor = compactionFloor
        switch JournalReading(try disk.read(path)) {
        case .begin:
            (file, size) = try Self.write(JournalState(), as: path, on: disk)
            state = JournalState()
            sizeAfterCompaction = size
            tornBytes = 0
            isTailDirty = false
            isNameDurable = false
        case .goOn(let state, let format, let end, let torn):
            file = try Self.open(path, on: disk)
            self.state = state
            size = end
            tornBytes = torn
            isTailDirty = torn > 0
            isNameDurable = false
            // A disk that has no room for it leaves the older format, which can be continued as well.
            if format < JournalHeader.newest { try? compact() }
        case .damaged(let offset): throw JournalRefusal.damaged(path, offset: offset)
        case .newer(let format): throw JournalRefusal.newer(path, format: format)
        case .unknown(let offset): throw JournalRefusal.unknown(path, offset: offset)
        }
        reserve()
    }

    deinit {
        disk.close(file)
    }

    /// Makes records durable, all of them or none.
    package mutating func append(_ records: [JournalRecord]) throws(AgentError) {
        guard !records.isEmpty else { return }
        let bytes = try Self.frame(of: records)
        do {
            try settle()
            isTailDirty = true
            try disk.write(bytes.span.bytes, to: file, at: Int64(size))
            try disk.sync(file)
            isTailDirty = false
        } catch {
            // What was half written must not stand before the next record.
            try? settle()
            throw error.error("write", path)
        }
        size += bytes.count
        for record in records { state.apply(record) }
        reserve()
        // The records stand; a snapshot that fails now is tried again with the next ones.
        if size > max(compactionFloor, 4 * sizeAfterCompaction) { try? compact() }
    }

    /// Replaces the file by what it says.
    package mutating func compact() throws(AgentError) {
        let (fresh, length) = try Self.write(state, as: path, on: disk)
        disk.close(file)
        file = fresh
        size = length
        sizeAfterCompaction = length
        reservedThrough = 0
        isTailDirty = false
        isNameDurable = false
        reserve()
    }

    /// Puts in order what a crash or a failure has left.
    private mutating func settle() throws(DiskFault) {
        if isTailDirty {
            try disk.truncate(file, to: Int64(size))
            // Cutting gives back what was taken ahead.
            reservedThrough = 0
            reserve()
            isTailDirty = false
        }
        if !isNameDurable {
            try disk.syncDirectory(FileAccess.parent(of: path))
            isNameDurable = true
        }
    }

    /// Takes space ahead, without which the file would not be longer; a file system that cannot, or is full, is no failure.
    private mutating func reserve() {
        guard reservedThrough - size <= Self.reservation / 2 else { return }
        guard (try? disk.reserve(file, from: Int64(size), length: Int64(Self.reservation))) != nil else { return }
        reservedThrough = size + Self.reservation
    }

    /// Opens what was read. An agent that was killed may have left it written and not synced: whoever acts on it before it is
    /// durable tells twice what a power cut then takes.
    private static func open(_ path: String, on disk: any AgentDisk) throws(AgentError) -> DiskFile {
        var opened: DiskFile?
        do {
            let file = try disk.open(path, .update)
            opened = file
            try disk.sync(file)
            return file
        } catch {
            if let opened { disk.close(opened) }
            throw error.error("open", path)
        }
    }

    /// Writes a snapshot beside the journal and gives it the journal's name: after a crash one of both is there, whole.
    private static func write(
        _ state: JournalState,
        as path: String,
        on disk: any AgentDisk
    ) throws(AgentError) -> (DiskFile, Int) {
        var snapshot: [UInt8] = []
        for record in state.snapshot { snapshot += try frame(of: record) }
        let bytes = try frame(of: JournalHeader(snapshot: snapshot.count)) + snapshot
        let temporary = "\(path).new"
        var opened: DiskFile?
        do {
            let file = try disk.open(temporary, .replace(mode: 0o600))
            opened = file
            try disk.write(bytes.span.bytes, to: file, at: 0)
            try disk.sync(file)
            try disk.rename(temporary, to: path)
            return (file, bytes.count)
        } catch {
            if let opened { disk.close(opened) }
            try? disk.unlink(temporary)
            throw error.error("write", path)
        }
    }

    private static func frame(of value: some Encodable) throws(AgentError) -> [UInt8] {
        guard let payload = try? JSONCoding.encode(value), payload.count <= JournalFrame.limit else {
            throw AgentError(.files, "a record of the journal cannot be written: it is too large or no JSON")
        }
        return JournalFrame.bytes(of: payload)
    }
}
