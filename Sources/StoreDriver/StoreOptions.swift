/// How a database is opened.
package struct StoreOptions: Sendable {
    /// How many writes may wait beside those being written; one more is refused as `overloaded`.
    package var waitingWrites = 4_096
    /// How many writes one transaction takes.
    package var writesPerTransaction = 1_024
    /// How many reads run at the same time.
    package var concurrentReads = 4
    /// How many reads may run or wait; one more is refused as `overloaded`.
    package var waitingReads = 4_096
    /// How long a transaction waits for another process' lock, in seconds.
    package var busyTimeout = 5.0

    package init() {}
}
