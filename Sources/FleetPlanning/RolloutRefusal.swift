/// A command that a rollout cannot follow: nothing has changed.
package struct RolloutRefusal: Error, Hashable, Sendable {
    /// What was refused, and why; for people.
    package var why: String
    /// What to do instead.
    package var next: String

    /// A refused command.
    package init(why: String, next: String) {
        self.why = why
        self.next = next
    }
}
