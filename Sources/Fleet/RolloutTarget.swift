/// One host of a rollout's frozen list.
package struct RolloutTarget: Hashable, Sendable, Codable {
    /// What has been asked of the host for this rollout.
    package enum Asked: String, Hashable, Sendable, Codable, CaseIterable {
        /// Nothing yet.
        case nothing
        /// To have the files ready, and to be checked.
        case stage
        /// To move.
        case go
        /// To go back to what served before.
        case back
    }

    /// What stands over a host's state: why its wave does not wait for it, or what it waits for.
    package enum Overlay: Hashable, Sendable, Codable {
        /// It cannot be reached, since before its switch.
        case unreachable(since: Instant)
        /// It was dark for too long after it had been asked to move: it counts as failed until its own outcome arrives.
        case presumedFailed(since: Instant)
        /// Its turn comes then: its wave waits for a window to open, or for a freeze to end. Views say it, no plan.
        case deferred(until: Instant?)
        /// A person said to leave it.
        case skipped(reason: String)
        /// It cannot take the deployment.
        case ineligible(reason: String)
        /// It could not fetch the files, or refused them.
        case excluded(reason: String)
    }

    /// The host's id.
    package var host: String
    /// The host's name, for people.
    package var name: String
    /// The host's value of the policy's `spread` label when the list was frozen; empty without one.
    package var site: String
    /// Counts from 0.
    package var wave: Int
    /// What has been asked of the host.
    package var asked: Asked
    /// Where it stands, as it says itself.
    package var state: TargetState
    /// When that state began.
    package var since: Instant
    /// What the rollout's clock showed then.
    package var sinceActive: Span
    /// Bytes fetched when that was last noted: progress, for the fetch clock.
    package var fetched: Int64
    /// Why it failed, or what it waits for.
    package var reason: String?
    /// What stands over its state.
    package var overlay: Overlay?
    /// Why it counts as failed; `nil` while it does not. It stays when the host has gone back.
    package var failure: String?

    /// One host of the list.
    package init(
        host: String,
        name: String,
        site: String = "",
        wave: Int,
        asked: Asked = .nothing,
        state: TargetState = .pending,
        since: Instant,
        sinceActive: Span = .seconds(0),
        fetched: Int64 = 0,
        reason: String? = nil,
        overlay: Overlay? = nil,
        failure: String? = nil
    ) {
        self.host = host
        self.name = name
        self.site = site
        self.wave = wave
        self.asked = asked
        self.state = state
        self.since = since
        self.sinceActive = sinceActive
        self.fetched = fetched
        self.reason = reason
        self.overlay = overlay
        self.failure = failure
    }
}
