import Fleet
import FleetAgent
import ReplicaLifecycle

/// A host's journal: the agent's own records, state and file format.
///
/// In most histories the bytes are made only when an agent dies, cut where the crash has cut them, and read back as the next
/// agent reads them. Where the store is the real one, so is the journal: its bytes are written as they come.
struct HostDisk {
    /// Where a crash in the middle of writing some records has left them.
    enum Cut: CaseIterable {
        /// Nothing of them was written.
        case before
        /// A part of them was written.
        case torn
        /// All was written, and is not durable: a power cut takes it.
        case unsynced
        /// All was written, and the agent died before it acted.
        case after
        /// All was written, and the agent died while it made a snapshot.
        case compacting
    }

    /// How many writes are kept apart.
    private static let writesKept = 12

    /// What the records say.
    private(set) var state = JournalState()
    private var base = JournalState()
    private var writes: [[JournalRecord]] = []
    private var torn: (records: [JournalRecord], share: Double)?
    private var journal: SimulatedJournal?
    /// Whether nothing can be written.
    private(set) var isBroken = false
    /// What the real journal could not do.
    private var problem: String?
    private let dice: SimulationDice?

    /// An empty disk.
    ///
    /// - Parameter dice: what a power cut takes from the real journal; `nil` for no real one.
    init(dice: SimulationDice? = nil) {
        self.dice = dice
        guard let dice else { return }
        attempt { disk in disk.journal = try SimulatedJournal(dice: dice) }
    }

    private mutating func attempt(_ body: (inout HostDisk) throws -> Void) {
        do {
            try body(&self)
        } catch {
            problem = "\(error)"
        }
    }

    /// Makes records durable, all of them or none.
    ///
    /// - Returns: whether they are.
    @discardableResult
    mutating func append(_ records: [JournalRecord]) -> Bool {
        guard !isBroken else {
            attempt { disk in
                guard let journal = disk.journal else { return }
                let hasWritten = (try? journal.append(records)) != nil
                if hasWritten { throw AgentError(.files, "a broken disk was written") }
            }
            return false
        }
        for record in records { state.apply(record) }
        if let journal {
            attempt { _ in try journal.append(records) }
            return true
        }
        writes.append(records)
        if writes.count > Self.writesKept {
            base = state
            writes = []
        }
        return true
    }

    /// The agent dies while it writes records; `power`: and everything else with it.
    mutating func cut(_ records: [JournalRecord], _ cut: Cut, share: Double, power: Bool) {
        journal?.die(appending: records, cut, share: share)
        let isThere =
            switch cut {
            case .before, .torn: false
            case .unsynced: !power
            case .after, .compacting: true
            }
        if cut == .torn { torn = (records, share) }
        guard isThere else { return }
        for record in records { state.apply(record) }
        if journal == nil { writes.append(records) }
    }

    /// The power fails.
    mutating func losePower() {
        journal?.losePower()
        // What was torn was not durable.
        if journal != nil { torn = nil }
    }

    /// No space is left, or is again.
    func setFull(_ isFull: Bool) { journal?.setFull(isFull) }

    /// Nothing can be written, or everything can be again.
    mutating func setBroken(_ isBroken: Bool) {
        self.isBroken = isBroken
        journal?.setBroken(isBroken)
    }

    /// Everything is lost.
    mutating func wipe() { self = HostDisk(dice: dice) }

    /// Reads the journal as an agent does that starts.
    ///
    /// - Returns: what is wrong with it, if anything is.
    mutating func reopen() -> String? {
        defer { torn = nil }
        if let problem { return problem }
        do {
            let (read, isTorn) = try reading()
            guard read == state else { return "the journal does not say what was journalled" }
            if torn != nil, !isTorn { return "a torn write was not noticed" }
            state = read
            base = read
            writes = []
            return nil
        } catch {
            return "the journal cannot be read: \(error)"
        }
    }

    private func reading() throws -> (JournalState, isTorn: Bool) {
        if let journal { return try journal.reopen() }
        switch JournalReading(try bytes()) {
        case .goOn(let read, _, _, let torn): return (read, torn > 0)
        case let other: throw AgentError(.journalDamaged, "\(other)")
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
