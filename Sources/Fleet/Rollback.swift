/// One command to go back: what it was for, where to, and who said so. It does not change once it is made; what came of it
/// is in its entries, and `undone` when a person takes it back.
package struct Rollback: Hashable, Sendable, Codable {
    /// Which deployments it is for, as a person wrote it.
    package enum Scope: Hashable, Sendable, Codable {
        /// These, by name.
        case deployments([String])
        /// Those whose labels match.
        case selector(String)
        /// Every one there is.
        case all
    }

    /// Where to.
    package enum Destination: Hashable, Sendable, Codable {
        /// Each host to its own newest good revision that is not condemned.
        case lastGood
        /// The newest succeeded revision of this model version; everything later is condemned.
        case version(String)
        /// What was wanted at a point in time; everything later is condemned.
        case time(Instant)
    }

    /// In which order hosts go.
    package enum Strategy: String, Hashable, Sendable, Codable, CaseIterable {
        /// No waves: half of the hosts at a time.
        case fast
        /// The rollout's waves.
        case rolling
    }

    /// That a person took it back: its holds are lifted.
    package struct Undo: Hashable, Sendable, Codable {
        /// Who.
        package var actor: String
        /// When.
        package var at: Instant
        /// Why.
        package var reason: String?

        /// That a person took it back.
        package init(actor: String, at: Instant, reason: String?) {
            self.actor = actor
            self.at = at
            self.reason = reason
        }

        /// `taken back by ada: it was the network`; for people.
        package var words: String { "taken back by \(actor)" + (reason.map { ": \($0)" } ?? "") }
    }

    /// Unique: 12 characters.
    package var id: String
    /// Who.
    package var actor: String
    /// Why.
    package var reason: String
    /// When.
    package var at: Instant
    /// Which deployments.
    package var scope: Scope
    /// The selector of the hosts that it is narrowed to, as written; `nil` for all.
    package var hosts: String?
    /// Where to.
    package var to: Destination
    /// In which order hosts go.
    package var strategy: Strategy
    /// What a host does that has no target, or whose target fails.
    package var onFailure: AssignmentItem.OnFailure
    /// A rehearsal: nothing is condemned, and the hosts return to what they served.
    package var isDrill: Bool
    /// That it was taken back; `nil` while it stands.
    package var undone: Undo?

    /// One command to go back.
    package init(
        id: String,
        actor: String,
        reason: String,
        at: Instant,
        scope: Scope,
        hosts: String? = nil,
        to: Destination = .lastGood,
        strategy: Strategy = .fast,
        onFailure: AssignmentItem.OnFailure = .keepServing,
        isDrill: Bool = false,
        undone: Undo? = nil
    ) {
        self.id = id
        self.actor = actor
        self.reason = reason
        self.at = at
        self.scope = scope
        self.hosts = hosts
        self.to = to
        self.strategy = strategy
        self.onFailure = onFailure
        self.isDrill = isDrill
        self.undone = undone
    }
}
