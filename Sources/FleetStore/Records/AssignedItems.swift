/// What an assignment changed.
package struct AssignedItems: Hashable, Sendable {
    /// The number that each given item has now, by host id; those that said the same kept theirs.
    package var numbers: [String: UInt64]
    /// The ids of the hosts whose assignment changed, sorted: these are to be sent.
    package var changed: [String]
}
