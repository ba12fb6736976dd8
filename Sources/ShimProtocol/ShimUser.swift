/// The user that a model server runs as, by numbers: whoever starts it has looked the names up.
package struct ShimUser: Hashable, Sendable {
    /// The user's id.
    package var id: UInt32
    /// Its group.
    package var group: UInt32
    /// The other groups that it belongs to.
    package var groups: [UInt32]

    /// A user.
    package init(id: UInt32, group: UInt32, groups: [UInt32] = []) {
        self.id = id
        self.group = group
        self.groups = groups
    }
}

extension ShimUser: CustomStringConvertible {
    /// `ID GROUP OTHER…`.
    package var description: String { ([id, group] + groups).map { "\($0)" }.joined(separator: " ") }

    /// Reads `ID GROUP OTHER…`.
    package init?(text: some StringProtocol) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        let numbers = words.compactMap { UInt32($0) }
        // The largest number means "as it is" to the system's calls.
        guard numbers.count == words.count, numbers.count >= 2, !numbers.contains(.max) else { return nil }
        self.init(id: numbers[0], group: numbers[1], groups: Array(numbers.dropFirst(2)))
    }
}
