import Fleet
import FleetAgent
import ReplicaLifecycle

/// A host's journal: the agent's own records, state and file format. The bytes are made only when an agent dies, cut where
/// the crash has cut them, and read back as the next agent reads them.
struct HostDisk {
    /// Where a crash in the middle of writing some records has left them.
    enum Cut: CaseIterable {
        /// Nothing of them was written.
        case before
        /// A part of them was written.
        case torn
        /// All was written, and the agent died before it acted.
        case after
    }

    /// How many writes are kept apart.
    private static let writesKept = 64

    /// What the records say.
    private(set) var state = JournalState()
    private var base = JournalState()
    private var writes: [[JournalRecord]] = []
    private var torn: (records: [JournalRecord], share: Double)?

    /// Makes records durable.
    mutating func append(_ records: [JournalRecord]) {
        for record in records { state.apply(record) }
        writes.append(records)
        if writes.count > Self.writesKept {
            base = state
            writes = []
        }
    }

    /// The agent dies while it writes records.
    mutating func cut(_ records: [JournalRecord], _ cut: Cut, share: Double) {
        switch cut {
        case .before: break
        case .torn: torn = (records, share)
        case .after: append(records)
        }
    }

    /// Everything is lost.
    mutating func wipe() { self = HostDisk() }

    /// Reads the journal as an agent does that starts.
    ///
    /// - Returns: what is wrong with it, if anything is.
    mutating func reopen() -> String? {
        defer { torn = nil }
        do {
            switch JournalReading(try bytes()) {
            case .begin: return "the journal is empty"
            case .goOn(let read, _, _, let tornBytes):
                guard read == state else { return "the journal does not say what was journalled" }
                if torn != nil, tornBytes == 0 { return "a torn write was not noticed" }
                state = read
                base = read
                writes = []
                return nil
            case .damaged(let offset): return "the journal is called damaged at byte \(offset)"
            case .newer, .unknown: return "the journal is not understood"
            }
        } catch {
            return "the journal cannot be written: \(error)"
        }
    }

    private func bytes() throws -> [UInt8] {
        var snapshot: [UInt8] = []
        for record in base.snapshot { snapshot += JournalFrame.bytes(of: try JSONCoding.encode(record)) }
        var bytes = JournalFrame.bytes(of: try JSONCoding.encode(JournalHeader(snapshot: snapshot.count))) + snapshot
        for records in writes { bytes += JournalFrame.bytes(of: try JSONCoding.encode(records)) }
        if let torn {
            let frame = JournalFrame.bytes(of: try JSONCoding.encode(torn.records))
            bytes += frame.prefix(min(frame.count - 1, max(1, Int(Double(frame.count) * torn.share))))
        }
        return bytes
    }
}
