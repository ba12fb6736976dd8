/// A hold with names for people.
package struct HoldView: Sendable, Codable {
    /// Who lifted a hold, and why.
    package struct Lift: Hashable, Sendable, Codable {
        /// Who.
        package var actor: String
        /// When.
        package var at: Instant
        /// Why, in the actor's words.
        package var reason: String?

        /// Who lifted a hold.
        package init(actor: String, at: Instant, reason: String? = nil) {
            self.actor = actor
            self.at = at
            self.reason = reason
        }
    }

    /// What is condemned, by whom.
    package var hold: Hold
    /// The deployment's name.
    package var deployment: String
    /// What is condemned.
    package var revision: RevisionView
    /// The names of the hosts that it is narrowed to; `nil` when it applies everywhere.
    package var hosts: [String]?
    /// Set once a person has lifted it; it is kept to be looked up.
    package var lifted: Lift?

    /// A hold with names for people.
    package init(
        hold: Hold,
        deployment: String,
        revision: RevisionView,
        hosts: [String]? = nil,
        lifted: Lift? = nil
    ) {
        self.hold = hold
        self.deployment = deployment
        self.revision = revision
        self.hosts = hosts
        self.lifted = lifted
    }
}
