package import Fleet

/// A hold, lifted or not: it is kept for ever.
package struct HoldRecord: Sendable, Hashable {
    /// Who lifted a hold, when and why.
    package struct Lift: Sendable, Hashable {
        /// The person.
        package var actor: String
        /// When.
        package var at: Instant
        /// Why, in the person's words.
        package var reason: String?
    }

    /// What is or was condemned, by whom.
    package var hold: Hold
    /// `nil` while it condemns.
    package var lift: Lift?
}
