package import Fleet

/// What changes in the store after a revision: in order, without gaps, each change once.
///
/// The reader's own pace sets the pace: nothing is buffered but one page, since the store's change log is the buffer. A
/// reader whose place in the log is gone gets one event `resync`, must list again, and goes on from that event's
/// revision. The sequence ends when the store is closed or the task cancelled.
package struct FleetWatch: AsyncSequence, Sendable {
    package typealias Element = WatchEvent

    let store: FleetDatabase
    let revision: UInt64

    package func makeAsyncIterator() -> Iterator { Iterator(store: store, revision: revision) }

    /// One reader's place.
    package struct Iterator: AsyncIteratorProtocol {
        private static let pageSize = 256

        private let store: FleetDatabase
        private var revision: UInt64
        private var page: ArraySlice<WatchEvent> = []

        init(store: FleetDatabase, revision: UInt64) {
            self.store = store
            self.revision = revision
        }

        /// The next change; waits for it.
        ///
        /// - Throws: ``FleetStoreError``.
        package mutating func next() async throws -> WatchEvent? {
            while page.isEmpty {
                guard !Task.isCancelled, !store.signal.isClosed else { return nil }
                let revision = revision
                do {
                    page = try await store.read { try $0.changes(after: revision, limit: Self.pageSize) }[...]
                } catch {
                    guard Task.isCancelled else { throw error }
                    return nil
                }
                if page.isEmpty { await store.signal.wait(above: revision) }
            }
            let event = page.removeFirst()
            revision = event.revision
            return event
        }
    }
}
