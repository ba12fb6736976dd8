import DaemonKit
import Fleet
import FleetStore
import Logging

/// Brings roll-ups to their store, and keeps that within its bounds. A store that is slow or full costs history alone.
struct TelemetryKeeper: Sendable {
    /// Between two writes.
    private static let interval = Span.seconds(30)
    /// After so many writes what is too old is forgotten.
    private static let forgetting = 10
    /// So many rows are one transaction.
    private static let rows = 5000

    let memory: TelemetryMemory
    let store: TelemetryDatabase
    let time: TimeSource
    let logger: Logger

    /// Runs until its task is cancelled.
    func run() async throws {
        var turns = 0
        var isFailing = false
        while true {
            try await time.sleep(Self.interval)
            isFailing = !(await write(isToldAlready: isFailing))
            turns += 1
            if turns % Self.forgetting == 0 { await forget() }
        }
    }

    /// Writes what waits.
    ///
    /// - Parameter isToldAlready: whether the log has it that writes fail now.
    /// - Returns: whether it could be written.
    @discardableResult
    func write(isToldAlready: Bool = false) async -> Bool {
        var left = memory.takeWaiting()
        while !left.isEmpty {
            let part = Dictionary(uniqueKeysWithValues: left.prefix(Self.rows).map { ($0.key, $0.value) })
            do {
                try await store.add(part)
            } catch {
                logger.log(
                    level: isToldAlready ? .debug : .error,
                    "figures could not be stored; history may be lost until they can be",
                    metadata: ["why": "\(error)"]
                )
                memory.putBack(left)
                return false
            }
            memory.written(part.count)
            for key in part.keys { left[key] = nil }
        }
        return true
    }

    private func forget() async {
        do {
            try await store.forget(now: time.now())
        } catch {
            logger.error("old figures could not be forgotten", metadata: ["why": "\(error)"])
        }
    }
}
