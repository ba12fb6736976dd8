/// A list of objects and the revision it was read at: watch from there.
package struct Listing<Item: Codable & Sendable>: Sendable, Codable {
    /// In the order of their names.
    package var items: [Item]
    /// The store's revision that the list shows.
    package var revision: UInt64
    /// The name after which the next page begins; `nil` at the end, and where the whole list was asked for.
    package var next: String?

    /// A list of objects and the revision it was read at: watch from there.
    package init(
        items: [Item],
        revision: UInt64,
        next: String? = nil
    ) {
        self.items = items
        self.revision = revision
        self.next = next
    }
}
