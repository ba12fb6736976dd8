import FleetAgent
import Glibc
import Synchronization

/// The disk under one journal: what the page cache has, what of it is durable, and the call at which its agent dies.
final class JournalDisk: AgentDisk {
    private enum Change {
        case write(Int, [UInt8])
        case truncate(Int)
    }

    private struct File {
        var bytes: [UInt8] = []
        var durable: [UInt8] = []
        /// What leads from the durable bytes to the others.
        var changes: [Change] = []
        /// How far space was taken ahead.
        var reserved = 0
        /// Whether it has given space back that nobody else has taken.
        var hasCredit = false

        mutating func make(_ change: Change) {
            changes.append(change)
            Self.apply(change, &bytes)
        }

        static func apply(_ change: Change, _ bytes: inout [UInt8]) {
            switch change {
            case .truncate(let size):
                bytes = Array(bytes.prefix(size)) + Array(repeating: 0, count: max(0, size - bytes.count))
            case .write(let offset, let new):
                bytes += Array(repeating: 0, count: max(0, offset + new.count - bytes.count))
                bytes.replaceSubrange(offset..<offset + new.count, with: new)
            }
        }
    }

    /// At which call the agent dies.
    enum Death {
        /// At the next write, of which a share gets as far as the page cache.
        case write(share: Double)
        /// Right before the next sync of a file.
        case sync
        /// Right before one of the calls that come, counted from 0.
        case call(Int)
    }

    private struct State {
        var files: [Int: File] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var open: [Int32: Int] = [:]
        var next: Int32 = 3
        var death: Death?
        var isDead = false
        var isFull = false
        var isBroken = false
    }

    private let state = Mutex(State())

    /// Whether nothing more can be written but where space was taken ahead.
    func setFull(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }

    /// Writes fail half way, or do not any more.
    func setBroken(_ isBroken: Bool) { state.withLock { $0.isBroken = isBroken } }

    /// The agent dies at a call that comes: from there on every call fails.
    func die(_ death: Death) { state.withLock { $0.death = death } }

    /// The next agent finds what the page cache has.
    func live() {
        state.withLock { state in
            state.death = nil
            state.isDead = false
            state.open = [:]
        }
    }

    /// The power fails: of what is not durable the dice decide what is there.
    func losePower(_ dice: inout SimulationDice) {
        let (keeps, share) = (dice.chance(0.5), dice.fraction())
        state.withLock { state in
            if keeps { state.durableNames = state.names } else { state.names = state.durableNames }
            for number in state.files.keys {
                guard var file = state.files[number] else { continue }
                // The last of them never whole: whoever has not synced has not been promised anything.
                if keeps, let last = file.changes.popLast() {
                    for change in file.changes { File.apply(change, &file.durable) }
                    if case .write(let offset, let bytes) = last {
                        File.apply(.write(offset, Array(bytes.prefix(Int(Double(bytes.count) * share)))), &file.durable)
                    }
                }
                file.bytes = file.durable
                file.changes = []
                state.files[number] = file
            }
            state.files = state.files.filter { state.names.values.contains($0.key) }
        }
    }

    private enum Call { case write, sync, other }

    /// One call that changes something.
    private func change<Value: Sendable>(
        _ call: Call = .other,
        dying: (inout State, Double) -> Void = { _, _ in },
        _ body: (inout State) throws(DiskFault) -> Value
    ) throws(DiskFault) -> Value {
        let result = state.withLock { state -> Result<Value, DiskFault> in
            switch (state.death, call) {
            case (.write(let share)?, .write):
                dying(&state, share)
                state.isDead = true
            case (.sync?, .sync), (.call(0)?, _): state.isDead = true
            case (.call(let left)?, _): state.death = .call(left - 1)
            default: break
            }
            if state.isBroken, call == .write { dying(&state, 0.5) }
            guard !state.isDead, !state.isBroken || call == .other else { return .failure(DiskFault(EIO)) }
            return Result { () throws(DiskFault) in try body(&state) }
        }
        return try result.get()
    }

    private static func number(_ file: DiskFile, _ state: State) throws(DiskFault) -> Int {
        guard let number = state.open[file.number], state.files[number] != nil else { throw DiskFault(EBADF) }
        return number
    }

    // MARK: Files

    func open(_ path: String, _ use: DiskUse) throws(DiskFault) -> DiskFile {
        try change { state throws(DiskFault) in
            var number = state.names[path]
            if case .read = use, number == nil { throw DiskFault(ENOENT) }
            if number == nil {
                guard !state.isFull else { throw DiskFault(ENOSPC) }
                number = Int(state.next)
            }
            let file = number ?? 0
            state.next += 1
            state.names[path] = file
            if state.files[file] == nil { state.files[file] = File() }
            if case .replace = use { state.files[file]?.make(.truncate(0)) }
            state.open[state.next] = file
            return DiskFile(number: state.next)
        }
    }

    func close(_ file: DiskFile) { state.withLock { $0.open[file.number] = nil } }

    func lock(_ file: DiskFile) {}

    func read(_ file: DiskFile, at offset: Int64, into buffer: inout [UInt8]) throws(DiskFault) -> Int {
        let limit = buffer.count
        let found = try change { state throws(DiskFault) in
            Array(state.files[try Self.number(file, state)]?.bytes.dropFirst(Int(offset)).prefix(limit) ?? [])
        }
        buffer.replaceSubrange(0..<found.count, with: found)
        return found.count
    }

    func write(_ bytes: RawSpan, to file: DiskFile, at offset: Int64) throws(DiskFault) {
        let copy = bytes.withUnsafeBytes { unsafe Array($0) }
        try change(
            .write,
            dying: { state, share in
                guard let number = try? Self.number(file, state) else { return }
                let torn = copy.prefix(min(copy.count - 1, max(1, Int(Double(copy.count) * share))))
                state.files[number]?.make(.write(Int(offset), Array(torn)))
            },
            { state throws(DiskFault) in
                let number = try Self.number(file, state)
                let reserved = max(state.files[number]?.bytes.count ?? 0, state.files[number]?.reserved ?? 0)
                guard !state.isFull || Int(offset) + copy.count <= reserved else { throw DiskFault(ENOSPC) }
                state.files[number]?.make(.write(Int(offset), copy))
            }
        )
    }

    func truncate(_ file: DiskFile, to size: Int64) throws(DiskFault) {
        try change { state throws(DiskFault) in
            let number = try Self.number(file, state)
            state.files[number]?.make(.truncate(Int(size)))
            state.files[number]?.reserved = 0
            state.files[number]?.hasCredit = true
        }
    }

    func reserve(_ file: DiskFile, from offset: Int64, length: Int64) throws(DiskFault) {
        try change { state throws(DiskFault) in
            let number = try Self.number(file, state)
            guard !state.isFull || state.files[number]?.hasCredit == true else { throw DiskFault(ENOSPC) }
            state.files[number]?.reserved = Int(offset + length)
        }
    }

    func sync(_ file: DiskFile) throws(DiskFault) {
        try change(.sync) { state throws(DiskFault) in
            let number = try Self.number(file, state)
            let bytes = state.files[number]?.bytes ?? []
            state.files[number]?.durable = bytes
            state.files[number]?.changes = []
        }
    }

    // MARK: Names

    func syncDirectory(_ path: String) throws(DiskFault) { try change { $0.durableNames = $0.names } }

    func rename(_ path: String, to other: String) throws(DiskFault) {
        try change { state throws(DiskFault) in
            guard let number = state.names.removeValue(forKey: path) else { throw DiskFault(ENOENT) }
            state.names[other] = number
        }
    }

    func unlink(_ path: String) throws(DiskFault) {
        try change { state throws(DiskFault) in
            guard state.names.removeValue(forKey: path) != nil else { throw DiskFault(ENOENT) }
        }
    }

    func link(_ path: String, as other: String) throws(DiskFault) { throw DiskFault(ENOTSUP) }

    func makeDirectory(_ path: String) throws(DiskFault) { throw DiskFault(ENOTSUP) }

    func removeDirectory(_ path: String) throws(DiskFault) { throw DiskFault(ENOTSUP) }

    func names(in path: String) throws(DiskFault) -> [String] { state.withLock { $0.names.keys.sorted() } }

    func size(of path: String) throws(DiskFault) -> Int64 {
        let count = state.withLock { state in state.names[path].flatMap { state.files[$0]?.bytes.count } }
        guard let count else { throw DiskFault(ENOENT) }
        return Int64(count)
    }

    func free(at path: String) -> Int64 { state.withLock { $0.isFull ? 0 : 1 << 40 } }
}
