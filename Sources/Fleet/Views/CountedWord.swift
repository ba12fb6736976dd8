/// Where a host can stand, in one word, so that hosts can be counted by it.
package protocol CountedWord: RawRepresentable<String>, Hashable, Sendable {
    /// All of them, in the order in which people read them.
    static var reading: [Self] { get }
    /// It follows a number: `3 in progress`.
    var words: String { get }
}
