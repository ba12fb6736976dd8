/// Takes one revision to a frozen list of hosts, in waves: DESIGN §8. The list is its targets.
package struct Rollout: Hashable, Sendable, Codable {
    /// Where a rollout stands.
    package enum State: String, Hashable, Sendable, Codable, CaseIterable {
        /// The list is frozen; nothing has been asked of a host yet.
        case preflight
        /// A wave is under way.
        case progressing
        /// A wave's hosts are done; it is watched before the next one begins.
        case baking
        /// Nothing new is begun: see `pause`.
        case paused
        /// Every wave is done.
        case succeeded
        /// It failed or was called back: hosts that had moved are going back.
        case aborting
        /// It failed; the hosts that can be reached are back on what served before.
        case aborted
        /// A newer content took its place.
        case superseded
        /// A rollback, a removal or a person ended it.
        case cancelled

        /// Whether nothing more happens by itself.
        package var isTerminal: Bool {
            switch self {
            case .preflight, .progressing, .baking, .paused, .aborting: false
            case .succeeded, .aborted, .superseded, .cancelled: true
            }
        }

        /// Whether the rollout's revision is what the deployment wants.
        package var isForward: Bool {
            switch self {
            case .preflight, .progressing, .baking, .paused: true
            case .succeeded, .aborting, .aborted, .superseded, .cancelled: false
            }
        }
    }

    /// Why a rollout is paused, and how it goes on.
    package struct Pause: Hashable, Sendable, Codable {
        /// What paused it.
        package enum Cause: String, Hashable, Sendable, Codable, CaseIterable {
            /// Somebody said so.
            case person
            /// More than a fifth of the list is excluded.
            case excluded
            /// A host received files with another digest.
            case digest
            /// A guard could not be read.
            case inconclusive
            /// No host was verified for too long.
            case stalled
            /// Nobody of a wave could be verified.
            case unproven
            /// The controller was restored from a backup.
            case restored
        }

        /// What paused it.
        package var cause: Cause
        /// Who, if somebody did.
        package var actor: String?
        /// Why, for people.
        package var reason: String
        /// Since when.
        package var since: Instant
        /// Where it goes on.
        package var from: State

        /// Why a rollout is paused.
        package init(cause: Cause, actor: String? = nil, reason: String, since: Instant, from: State) {
            self.cause = cause
            self.actor = actor
            self.reason = reason
            self.since = since
            self.from = from
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
    /// Who started it, where that is known.
    package var actor: String?
    /// When it was started.
    package var startedAt: Instant
    /// The wave under way, from 0.
    package var wave: Int
    /// How many hosts of the list each wave ends with: rising; the last is the size of the list.
    package var waveEnds: [Int]
    /// The wave up to which a person said that it counts as done; -1 when nobody did.
    package var promoted: Int
    /// Set while it is paused.
    package var pause: Pause?
    /// Counts while Muster can act.
    package var clock: ActiveClock
    /// What the clock showed when the bake began; `nil` while nothing bakes.
    package var bakedFrom: Span?
    /// What the clock showed when a host was last verified, or the wave began.
    package var provenAt: Span
    /// How many excluded hosts a person has accepted by resuming.
    package var acceptedExclusions: Int

    /// A rollout.
    package init(
        id: String,
        deployment: String,
        revision: RevisionReference,
        state: State = .preflight,
        since: Instant,
        reason: String,
        actor: String? = nil,
        startedAt: Instant,
        wave: Int = 0,
        waveEnds: [Int],
        promoted: Int = -1,
        pause: Pause? = nil,
        clock: ActiveClock = ActiveClock(),
        bakedFrom: Span? = nil,
        provenAt: Span = .seconds(0),
        acceptedExclusions: Int = 0
    ) {
        self.id = id
        self.deployment = deployment
        self.revision = revision
        self.state = state
        self.since = since
        self.reason = reason
        self.actor = actor
        self.startedAt = startedAt
        self.wave = wave
        self.waveEnds = waveEnds
        self.promoted = promoted
        self.pause = pause
        self.clock = clock
        self.bakedFrom = bakedFrom
        self.provenAt = provenAt
        self.acceptedExclusions = acceptedExclusions
    }

    /// How many hosts the frozen list had.
    package var size: Int { waveEnds.last ?? 0 }
}
