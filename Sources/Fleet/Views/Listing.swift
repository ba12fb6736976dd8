/// A list of objects and the revision it was read at: watch from there.
package struct Listing<Item: Codable & Sendable>: Sendable, Codable {
    /// In the order of their names.
    package var items: [Item]
    /// The store's revision that the list shows.
    package var revision: UInt64

    /// A list of objects and the revision it was read at: watch from there.
    package init(
        items: [Item],
        revision: UInt64
    ) {
        self.items = items
        self.revision = revision
    }
}
