import DaemonKit
import Fleet
import Glibc
import Synchronization

@testable import FleetAgent

/// A host in memory: its disk, what runs, its clock, and the controller that it talks to. It keeps every moment.
final class SimulatedHost: Sendable {
    /// Everything that outlives an agent.
    struct World: Sendable {
        var disk = DiskImage()
        /// What runs, by its directory.
        var processes: [String: RunningReplica] = [:]
        /// Where the kernel leads a stable port; 0 where it rejects.
        var table: [UInt16: UInt16] = [:]
        var nextPid: Int32 = 100
        var boot = 1
        var now: Int64 = 1_000_000_000
        var controller = ScriptedController()
        /// The revisions whose probe was answered as recorded, by anybody, ever.
        var answered: Set<Digest> = []
    }

    /// A moment at which everything may end.
    struct Point: Sendable {
        /// What was about to happen.
        var before: String
        var world: World
    }

    /// A call that is refused.
    struct Refusal: Sendable {
        /// Which of the calls that change something, from 0.
        var call: Int
        /// The system's error number.
        var number: Int32
    }

    private struct State {
        var world: World
        var points: [Point] = []
        var isRecording = false
        /// Whether anything is different from the newest point.
        var hasChanged = true
        /// What has changed something, or was to.
        var calls: [String] = []
        var refusal: Refusal?
        var files: [Int32: Int] = [:]
        var nextFile: Int32 = 3
    }

    private let state: Mutex<State>

    init(_ world: World = World()) {
        state = Mutex(State(world: world))
    }

    func with<Value>(_ body: (inout World) -> sending Value) -> sending Value {
        state.withLock { state in
            state.hasChanged = true
            return body(&state.world)
        }
    }

    var world: World { state.withLock { $0.world } }

    /// Keeps moments from here on.
    func record() { state.withLock { $0.isRecording = true } }

    var points: [Point] { state.withLock { $0.points } }

    /// Every call that has changed something, or was to.
    var calls: [String] { state.withLock { $0.calls } }

    func refuse(_ refusal: Refusal?) { state.withLock { $0.refusal = refusal } }

    /// Something is about to happen outside the disk.
    func mark(_ what: String) {
        state.withLock { Self.keep(what, &$0) }
    }

    /// Keeps a moment, unless nothing has happened since the one before.
    private static func keep(_ what: String, _ state: inout State) {
        guard state.isRecording, state.hasChanged else { return }
        state.points.append(Point(before: what, world: state.world))
        state.hasChanged = false
    }

    /// Time passes when somebody waits, but for what would only end a silence.
    var time: TimeSource {
        HastyTime.source(
            elapsed: { Span(milliseconds: self.world.now) },
            pass: { span in
                guard span < BlobStore.patience else { return false }
                self.with { $0.now += span.milliseconds }
                return true
            }
        )
    }

    /// - Parameter refused: what a refused call does all the same.
    private func change<Value: Sendable>(
        _ what: @autoclosure () -> String,
        refused: (inout State) -> Void = { _ in },
        _ body: (inout State) throws(DiskFault) -> Value
    ) throws(DiskFault) -> Value {
        let result = state.withLock { state -> Result<Value, DiskFault> in
            let what = what()
            Self.keep(what, &state)
            state.calls.append(what)
            state.hasChanged = true
            if let refusal = state.refusal, refusal.call == state.calls.count - 1 {
                refused(&state)
                return .failure(DiskFault(refusal.number))
            }
            return Result { () throws(DiskFault) in try body(&state) }
        }
        return try result.get()
    }

    private func look<Value: Sendable>(_ body: (State) throws(DiskFault) -> Value) throws(DiskFault) -> Value {
        try state.withLock { state in Result { () throws(DiskFault) in try body(state) } }.get()
    }
}

extension SimulatedHost: AgentDisk {
    func open(_ path: String, _ use: DiskUse) throws(DiskFault) -> DiskFile {
        let found = try? look { state throws(DiskFault) in try state.world.disk.find(path) }
        switch (use, found) {
        case (.read, nil): throw DiskFault(ENOENT)
        case (.read, let number?), (.update, let number?):
            return state.withLock { Self.opened(number, &$0) }
        case (.replace, let number?):
            return try change("open \(path) empty") { state throws(DiskFault) in
                try state.world.disk.change(number, .truncate(0))
                return Self.opened(number, &state)
            }
        case (.update, nil), (.replace, nil):
            return try change("create \(path)") { state throws(DiskFault) in
                Self.opened(try state.world.disk.make(path, isDirectory: false), &state)
            }
        }
    }

    private static func opened(_ number: Int, _ state: inout State) -> DiskFile {
        state.nextFile += 1
        state.files[state.nextFile] = number
        return DiskFile(number: state.nextFile)
    }

    func close(_ file: DiskFile) { state.withLock { $0.files[file.number] = nil } }

    func lock(_ file: DiskFile) throws(DiskFault) {}

    func read(_ file: DiskFile, at offset: Int64, into buffer: inout [UInt8]) throws(DiskFault) -> Int {
        let limit = buffer.count
        let found = try look { state throws(DiskFault) in
            try state.world.disk.node(state.files[file.number] ?? -1).bytes.dropFirst(Int(offset)).prefix(limit)
        }
        buffer.replaceSubrange(0..<found.count, with: found)
        return found.count
    }

    func write(_ bytes: RawSpan, to file: DiskFile, at offset: Int64) throws(DiskFault) {
        let copy = bytes.withUnsafeBytes { unsafe Array($0) }
        let half = DiskImage.Change.write(Int(offset), Array(copy.prefix(copy.count / 2)))
        try change(
            "write \(copy.count) bytes",
            refused: { try? $0.world.disk.change($0.files[file.number] ?? -1, half) },
            { state throws(DiskFault) in
                try state.world.disk.change(state.files[file.number] ?? -1, .write(Int(offset), copy))
            }
        )
    }

    func truncate(_ file: DiskFile, to size: Int64) throws(DiskFault) {
        try change("truncate") { state throws(DiskFault) in
            try state.world.disk.change(state.files[file.number] ?? -1, .truncate(Int(size)))
        }
    }

    func reserve(_ file: DiskFile, from offset: Int64, length: Int64) throws(DiskFault) {
        try change("reserve") { state throws(DiskFault) in
            try state.world.disk.reserve(state.files[file.number] ?? -1, through: Int(offset + length))
        }
    }

    func sync(_ file: DiskFile) throws(DiskFault) {
        try change(
            "sync",
            refused: { $0.world.disk.syncFailed($0.files[file.number] ?? -1) },
            { state in state.world.disk.sync(state.files[file.number] ?? -1) }
        )
    }

    func syncDirectory(_ path: String) throws(DiskFault) {
        try change("sync directory \(path)") { state throws(DiskFault) in
            state.world.disk.sync(try state.world.disk.find(path))
        }
    }

    func rename(_ path: String, to other: String) throws(DiskFault) {
        try change("rename \(path)") { state throws(DiskFault) in try state.world.disk.rename(path, to: other) }
    }

    func link(_ path: String, as other: String) throws(DiskFault) {
        try change("link \(other)") { state throws(DiskFault) in try state.world.disk.link(path, as: other) }
    }

    func unlink(_ path: String) throws(DiskFault) {
        try change("unlink \(path)") { state throws(DiskFault) in
            try state.world.disk.unlink(path, isDirectory: false)
        }
    }

    func makeDirectory(_ path: String) throws(DiskFault) {
        // What is there already changes nothing.
        if exists(path) { throw DiskFault(EEXIST) }
        _ = try change("make directory \(path)") { state throws(DiskFault) in
            try state.world.disk.make(path, isDirectory: true)
        }
    }

    func removeDirectory(_ path: String) throws(DiskFault) {
        try change("remove directory \(path)") { state throws(DiskFault) in
            try state.world.disk.unlink(path, isDirectory: true)
        }
    }

    func names(in path: String) throws(DiskFault) -> [String] {
        try look { state throws(DiskFault) in
            let disk = state.world.disk
            guard let entries = try disk.node(try disk.find(path)).entries else { throw DiskFault(ENOTDIR) }
            return entries.keys.sorted()
        }
    }

    func size(of path: String) throws(DiskFault) -> Int64 {
        try look { state throws(DiskFault) in
            let disk = state.world.disk
            return Int64(try disk.node(try disk.find(path)).bytes.count)
        }
    }

    func free(at path: String) throws(DiskFault) -> Int64 { 1 << 40 }
}
