import Fleet
import FleetStore
import Logging

/// What is logged of a store that cannot be written: its beginning, a line a minute, and its end.
struct StoreWatch {
    private static let pace = Span.seconds(60)

    private var known: StoreTrouble?
    private var told: Instant?
    private var toldFailures: UInt64 = 0

    /// What to log now; `nil` for nothing.
    ///
    /// - Parameter trouble: what is wrong with the store now.
    mutating func turn(_ trouble: StoreTrouble?, at now: Instant) -> Line? {
        switch (known, trouble) {
        case (nil, nil): return nil
        case (let before?, nil):
            known = nil
            told = nil
            return Line(
                level: .notice,
                message: "the store is written again",
                metadata: [
                    "since": "\(before.since)", "failures": "\(before.failures)", "after": "\((now - before.since))",
                ]
            )
        case (nil, let trouble?):
            told = now
            toldFailures = trouble.failures
            known = trouble
            return Line(
                level: .error,
                message: "the store cannot be written: rollouts stand still and changes are refused",
                metadata: ["since": "\(trouble.since)", "why": "\(trouble.reason)"]
            )
        case (_?, let trouble?):
            known = trouble
            guard let last = told, now - last >= Self.pace else { return nil }
            let failures = trouble.failures - min(toldFailures, trouble.failures)
            toldFailures = trouble.failures
            told = now
            return Line(
                level: .error,
                message: "the store still cannot be written",
                metadata: [
                    "since": "\(trouble.since)", "failures": "\(failures)", "why": "\(trouble.reason)",
                ]
            )
        }
    }

    /// A line of the log.
    struct Line {
        var level: Logger.Level
        var message: Logger.Message
        var metadata: Logger.Metadata
    }
}

extension Logger.Level {
    /// How loud it is that something could not be stored: of the store itself `StoreWatch` tells, once for all that it fails.
    static func ofFailedWrite(_ error: any Error) -> Logger.Level {
        (error as? FleetStoreError)?.isOfTheDisk == true ? .debug : .error
    }
}
