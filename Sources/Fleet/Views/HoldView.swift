/// A hold with names for people.
package struct HoldView: Sendable, Codable {
    /// What is condemned, by whom.
    package var hold: Hold
    /// The deployment's name.
    package var deployment: String
    /// What is condemned.
    package var revision: RevisionView

    /// A hold with names for people.
    package init(
        hold: Hold,
        deployment: String,
        revision: RevisionView
    ) {
        self.hold = hold
        self.deployment = deployment
        self.revision = revision
    }
}
