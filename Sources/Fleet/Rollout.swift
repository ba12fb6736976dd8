/// Takes one revision to a frozen list of hosts, in waves.
package struct Rollout: Hashable, Sendable, Codable {
    /// Where a rollout stands: DESIGN §8.
    package enum State: String, Hashable, Sendable, Codable, CaseIterable {
        /// A wave is under way.
        case progressing
        /// Every host that could be reached serves the revision, verified.
        case succeeded
        /// A host failed: those that had moved are going back.
        case aborting
        /// It failed; the hosts are back on what served before.
        case aborted
        /// A newer content took its place.
        case superseded
        /// A rollback, a removal or a person ended it.
        case cancelled

        /// Whether nothing more happens by itself.
        package var isTerminal: Bool {
            switch self {
            case .progressing, .aborting: false
            case .succeeded, .aborted, .superseded, .cancelled: true
            }
        }
    }

    /// One host of the frozen list.
    package struct Target: Hashable, Sendable, Codable {
        /// The host's id.
        package var host: String
        /// The host's name, for people.
        package var name: String
        /// Counts from 0.
        package var wave: Int
        /// Where it stands.
        package var state: TargetState
        /// When that state began.
        package var since: Instant
        /// Why it failed, or what it waits for.
        package var reason: String?
        /// Set while the host cannot be reached.
        package var unreachableSince: Instant?

        /// One host of the list.
        package init(
            host: String,
            name: String,
            wave: Int,
            state: TargetState = .pending,
            since: Instant,
            reason: String? = nil,
            unreachableSince: Instant? = nil
        ) {
            self.host = host
            self.name = name
            self.wave = wave
            self.state = state
            self.since = since
            self.reason = reason
            self.unreachableSince = unreachableSince
        }
    }

    /// Unique.
    package var id: String
    /// The deployment's uid.
    package var deployment: String
    /// What it takes to the hosts.
    package var revision: RevisionReference
    /// Where it stands.
    package var state: State
    /// When that state began.
    package var since: Instant
    /// Why it stands there; for people.
    package var reason: String
    /// When it was started.
    package var startedAt: Instant
    /// The wave under way, from 0.
    package var wave: Int
    /// The frozen list.
    package var targets: [Target]

    /// A rollout.
    package init(
        id: String,
        deployment: String,
        revision: RevisionReference,
        state: State = .progressing,
        since: Instant,
        reason: String,
        startedAt: Instant,
        wave: Int = 0,
        targets: [Target]
    ) {
        self.id = id
        self.deployment = deployment
        self.revision = revision
        self.state = state
        self.since = since
        self.reason = reason
        self.startedAt = startedAt
        self.wave = wave
        self.targets = targets
    }
}
