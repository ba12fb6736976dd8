/// What came of condemning revisions in several deployments.
package struct HoldCreation: Sendable, Codable {
    /// The holds that were made.
    package var items: [HoldView]
    /// Why deployments of the scope have none, by name; for people.
    package var refused: [String: String]
    /// What the answer was read at.
    package var revision: UInt64

    /// What came of it.
    package init(items: [HoldView], refused: [String: String], revision: UInt64) {
        self.items = items
        self.refused = refused
        self.revision = revision
    }
}
