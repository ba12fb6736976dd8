/// Which keys an object may have: the shape of an object.
package struct ObjectKeys: Sendable {
    /// What has an effect today, in the order in which it is named to people.
    package var keys: [KeyShape]
    /// What DESIGN knows and no issue has built: refused, in other words than a slip.
    package var notBuiltYet: Set<String>
    /// What people write out of another program's habit, with what to write here instead.
    package var habits: [String: String]
    /// Where the first key is absent, the second must be an object. A rule that only the golden probe has.
    package var objectUnless: (absent: String, object: String)?
    /// Where the key has the word, that key of the same name must be there, and these others need not. A rule that only the
    /// runtime's driver has.
    package var instead: (key: String, word: String, others: [String])?

    /// The names of what has an effect today.
    package var accepted: [String] { keys.map(\.name) }

    /// Which keys an object may have, by their names alone.
    package init(_ accepted: [String], notBuiltYet: Set<String> = []) {
        self.init(keys: accepted.map { KeyShape.named($0) }, notBuiltYet: notBuiltYet)
    }

    /// Which keys an object may have.
    package init(
        keys: [KeyShape],
        notBuiltYet: Set<String> = [],
        habits: [String: String] = [:],
        objectUnless: (absent: String, object: String)? = nil,
        instead: (key: String, word: String, others: [String])? = nil
    ) {
        self.keys = keys
        self.notBuiltYet = notBuiltYet
        self.habits = habits
        self.objectUnless = objectUnless
        self.instead = instead
    }

    /// What is known of a key.
    package func shape(of key: String) -> KeyShape? { keys.first { $0.name == key } }
}
