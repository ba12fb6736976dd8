/// One change of the store, or the news that the reader is too far behind.
package struct WatchEvent: Hashable, Sendable, Codable {
    /// What happened to an object.
    package enum Change: String, Hashable, Sendable, Codable {
        case put, delete
        /// The reader is too far behind: list again.
        case resync
    }

    /// The store's revision with this change.
    package var revision: UInt64
    /// `Deployment`, `Host`, …
    package var kind: String
    /// The object's name.
    package var name: String
    /// What happened.
    package var change: Change

    /// One change of the store, or the news that the reader is too far behind.
    package init(
        revision: UInt64,
        kind: String,
        name: String,
        change: Change
    ) {
        self.revision = revision
        self.kind = kind
        self.name = name
        self.change = change
    }
}
