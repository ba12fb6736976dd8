/// An item that orders what a host does not know, or bears a name that is none: it is refused in words, and the others go on.
package struct RefusedItem: Hashable, Sendable, Codable {
    /// The deployment's uid.
    package var deployment: String
    /// The deployment's name.
    package var name: String
    /// The item's number.
    package var number: UInt64
    /// The revision that it is after, if it names one.
    package var goal: RevisionReference?
    /// What is wrong with its name, as `NameRule` says it; `nil` when it is the order that is not known.
    package var problem: String?

    /// An item that orders what is not known.
    package init(
        deployment: String,
        name: String,
        number: UInt64,
        goal: RevisionReference?,
        problem: String? = nil
    ) {
        self.deployment = deployment
        self.name = name
        self.number = number
        self.goal = goal
        self.problem = problem
    }
}
