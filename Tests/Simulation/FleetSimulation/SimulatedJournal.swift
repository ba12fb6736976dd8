import Fleet
import FleetAgent

/// A host's journal by FleetAgent's own code, appended to and compacted over a disk that can tear, lose and be full.
final class SimulatedJournal {
    private static let path = "/journal"
    /// Small, so that a history has many snapshots.
    private static let compactionFloor = 8 << 10

    private let disk = JournalDisk()
    private var journal: Journal?
    private var dice: SimulationDice

    /// An empty journal. The dice say what a power cut takes; they are not the history's, which is the same without this disk.
    ///
    /// - Throws: `AgentError`.
    init(dice: SimulationDice) throws {
        self.dice = dice
        journal = try open()
    }

    private func open() throws -> Journal {
        try Journal(path: Self.path, disk: disk, compactionFloor: Self.compactionFloor)
    }

    /// Makes records durable.
    ///
    /// - Throws: `AgentError`.
    func append(_ records: [JournalRecord]) throws { try journal?.append(records) }

    /// The agent dies while it appends records, or while it makes a snapshot after them.
    func die(appending records: [JournalRecord], _ cut: HostDisk.Cut, share: Double) {
        switch cut {
        case .before: return
        case .torn: disk.die(.write(share: share))
        case .unsynced: disk.die(.sync)
        case .after, .compacting: break
        }
        try? journal?.append(records)
        guard cut == .compacting else { return }
        disk.die(.call(Int(share * 9)))
        try? journal?.compact()
    }

    /// The agent is gone.
    func close() {
        journal = nil
        disk.live()
    }

    /// The power fails.
    func losePower() {
        close()
        disk.losePower(&dice)
    }

    /// No space is left, or is again.
    func setFull(_ isFull: Bool) { disk.setFull(isFull) }

    /// Writes fail half way, or do not any more.
    func setBroken(_ isBroken: Bool) { disk.setBroken(isBroken) }

    /// The next agent reads it.
    ///
    /// - Returns: what it says, and whether a torn tail was found.
    /// - Throws: `AgentError`.
    func reopen() throws -> (state: JournalState, isTorn: Bool) {
        close()
        journal = try open()
        return (journal?.state ?? JournalState(), (journal?.tornBytes ?? 0) > 0)
    }
}
