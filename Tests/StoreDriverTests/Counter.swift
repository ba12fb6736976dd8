import Synchronization

/// A number that several tasks add to.
final class Counter: Sendable {
    private let total = Mutex(0)

    /// The sum so far.
    var value: Int { total.withLock { $0 } }

    /// Adds to the sum.
    func add(_ amount: Int) { total.withLock { $0 += amount } }
}
