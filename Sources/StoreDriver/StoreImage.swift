import GRDB

/// What a ``StoreMemory`` held at one moment. It never changes and can be used again and again.
package struct StoreImage: Sendable {
    let queue: DatabaseQueue
}
