import DaemonKit
import Fleet
import FleetController
import FleetStore
import Foundation
import NIOCore
import Synchronization

/// The newest changes of the store: read once and made into text once, for all event streams that are up to date. A thousand
/// of them that each asked the store would wait for each other.
///
/// A stream that is farther behind, or ahead of what was read, reads the store itself. Its owner calls `run()` for as long as
/// streams are served, and `end()` when they are to end.
final class EventFeed: Sendable {
    /// A change as its readers get it.
    struct Change: Sendable {
        let revision: UInt64
        let text: ByteBuffer
    }

    /// What a stream does next.
    enum Next: Sendable {
        case write([Change])
        /// Nothing has happened for about a beat.
        case beat
        /// What follows is not here: read the store.
        case readStore
        case end
    }

    /// The least that is kept for streams that are slower than others.
    static let kept = 1_024
    /// Beats are told this much finer than they are long, so that thousands of them do not come at once.
    private static let ticks: Int64 = 8

    private struct Waiter: Sendable {
        let revision: UInt64
        let beat: Int64
        let continuation: CheckedContinuation<Next, Never>
    }

    private struct State: Sendable {
        /// The revision after which `changes` begins; `nil` while nobody reads.
        var beginning: UInt64?
        /// One for each revision.
        var changes: [Change] = []
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
        var tick: Int64 = 0
        var isEnded = false

        /// What is next after a revision; `nil` when that is still to come.
        func next(after revision: UInt64) -> Next? {
            guard !isEnded else { return .end }
            guard let beginning, (beginning...beginning + UInt64(changes.count)).contains(revision) else {
                return .readStore
            }
            let rest = changes[Int(revision - beginning)...]
            return rest.isEmpty ? nil : .write(Array(rest))
        }

        mutating func append(_ change: Change) {
            guard let first = beginning, change.revision == first + UInt64(changes.count) + 1 else {
                // Whoever was promised more reads the store.
                (beginning, changes) = (change.revision, [])
                return
            }
            changes.append(change)
            guard changes.count >= 2 * EventFeed.kept else { return }
            beginning = changes[EventFeed.kept - 1].revision
            changes.removeFirst(EventFeed.kept)
        }

        /// Takes out those who need not wait any more.
        mutating func woken() -> [(CheckedContinuation<Next, Never>, Next)] {
            var woken: [(CheckedContinuation<Next, Never>, Next)] = []
            for (number, waiter) in waiters {
                guard let next = self.next(after: waiter.revision) ?? (waiter.beat <= tick ? .beat : nil) else {
                    continue
                }
                woken.append((waiter.continuation, next))
                waiters[number] = nil
            }
            return woken
        }
    }

    private let operations: FleetOperations
    private let beat: Span
    private let time: TimeSource
    private let onChange: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - beat: a stream without news is told so this often.
    ///   - onChange: called before anybody is told of a change.
    init(
        operations: FleetOperations,
        beat: Span,
        time: TimeSource,
        onChange: @escaping @Sendable () -> Void = {}
    ) {
        self.operations = operations
        self.beat = beat
        self.time = time
        self.onChange = onChange
    }

    /// Follows the store until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.follow() }
            group.addTask { await self.tick() }
        }
        change { $0.beginning = nil }
    }

    /// Ends all streams, now and from now on.
    func end() {
        change { $0.isEnded = true }
    }

    /// What the store has after a revision.
    func watch(from revision: UInt64) -> FleetWatch { operations.watch(from: revision) }

    /// An event as its readers get it, who are told of it next.
    func text(of event: WatchEvent) throws -> ByteBuffer {
        onChange()
        let data = String(decoding: try RouteAnswer.encoder().encode(event), as: UTF8.self)
        return ByteBuffer(string: "id: \(event.revision)\nevent: \(event.change.rawValue)\ndata: \(data)\n\n")
    }

    /// Whether what follows a revision is told here.
    func follows(_ revision: UInt64) -> Bool {
        if case .readStore? = state.withLock({ $0.next(after: revision) }) { return false }
        return true
    }

    /// What a stream does that has told everything up to a revision; waits for news, but not longer than a beat.
    func next(after revision: UInt64) async -> Next {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let next = state.withLock { state -> Next? in
                    if Task.isCancelled { return .end }
                    if let next = state.next(after: revision) { return next }
                    let beat = state.tick + Self.ticks
                    state.waiters[number] = Waiter(revision: revision, beat: beat, continuation: continuation)
                    return nil
                }
                if let next { continuation.resume(returning: next) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume(returning: .end)
        }
    }

    private func follow() async {
        while !Task.isCancelled {
            do {
                let revision = try await operations.revision()
                change { state in
                    state.beginning = revision
                    state.changes = []
                }
                for try await event in operations.watch(from: revision) {
                    let told = Change(revision: event.revision, text: try text(of: event))
                    guard event.change != .resync else { break }
                    change { $0.append(told) }
                }
            } catch {
                // The streams read the store themselves, and say what is wrong with it.
            }
            change { $0.beginning = nil }
            do { try await time.sleep(.seconds(1)) } catch { return }
        }
    }

    private func tick() async {
        let pause = Span(milliseconds: max(1, beat.milliseconds / Self.ticks))
        while true {
            do { try await time.sleep(pause) } catch { return }
            change { $0.tick += 1 }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let woken = state.withLock { state in
            body(&state)
            return state.woken()
        }
        for (continuation, next) in woken { continuation.resume(returning: next) }
    }
}
