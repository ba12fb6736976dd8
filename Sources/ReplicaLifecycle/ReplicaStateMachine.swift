package import Fleet

/// The rules of one deployment on one host, for the recreate chain of DESIGN §7:
///
/// ```
/// item ─▶ staging ─▶ stoppingOld ─▶ starting ─▶ probing ─▶ observing ─▶ verified
///            │failed       └──────────┴───────────┴──failed────┘
///            ▼                                 ▼
///        nothing moved                     reverting ─▶ reverted | revertFailed
/// ```
///
/// Staging runs beside what serves; everything else is a `Life`. Only a changed item pre-empts what is under way: a
/// removal and a rollback at once, another revision after what served is back. What was verified and dies is started
/// again with backoff, for ever; a revision that failed is not tried again until another goal was asked in between.
/// Outside a rollout staging that fails is tried again with the same backoff.
///
/// A process that is found although the journal knows nothing of it (it was lost) goes on: it is proven as it runs when
/// the controller asks for its revision, and is stopped only when another is about to take its place.
///
/// The time that it is told must not follow the steps of a wall clock, or deadlines would come early or never.
///
/// Legal races, dropped silently: words about an attempt or a staging that is no longer the current one; a probe's
/// answer after the deadline; an item that says what the newest says.
package struct ReplicaStateMachine: Sendable {
    /// What the host keeps. To be journalled when an action says so.
    package internal(set) var record: ReplicaRecord
    var life: Life = .empty
    var staging: Staging?
    var actions: [ReplicaAction] = []
    /// Why an item is left alone.
    var refusal: String?
    var restarts = 0
    private var journalled: ReplicaRecord
    private var lastState: TargetState = .pending
    private(set) var since: Instant

    /// A deployment as the journal has it, or one of which nothing is known. After a start of the agent the next event
    /// must be `restarted`.
    package init(record: ReplicaRecord, at now: Instant) {
        self.record = record
        journalled = record
        since = now
    }

    /// When `timerFired` is due; `nil` when nothing happens by itself.
    package var deadline: Instant? { [life.deadline, staging?.retry?.at].compactMap { $0 }.min() }

    /// Whether it was stopped for good: it may be forgotten once the outcome is acknowledged.
    package var isRemoved: Bool { if case .removed = life { true } else { false } }

    /// Whether a process runs of which the journal does not know that it was verified, nor what files it needs.
    package var hasUnknownProcess: Bool {
        if case .resting = life { record.standing == nil } else { false }
    }

    /// Ends an event: what is to be journalled goes first.
    mutating func flush(_ now: Instant) -> [ReplicaAction] {
        record.trim()
        let state = state
        if state != lastState {
            lastState = state
            since = now
        }
        var result = actions
        actions = []
        if record != journalled {
            journalled = record
            result.insert(.journal(record), at: 0)
        }
        return result
    }

    /// Notes what answers.
    mutating func answers(_ reference: RevisionReference?) {
        guard record.serving?.digest != reference?.digest else { return }
        record.serving = reference
        let item = record.item?.number ?? 0
        actions.append(.outcome(item: item, revision: reference, kind: .serving(reference)))
    }

    /// Ends an item.
    mutating func settle(_ settlement: Settlement, proven: Bool = false) {
        record.settlement = settlement
        refusal = nil
        let kind: HostOutcome.Kind
        if let receipt = settlement.receipt, case .rollback(let id)? = record.item?.order {
            kind = .rolledBack(id: id, receipt: receipt)
        } else {
            switch settlement.state {
            case .verified where proven: kind = .verified
            case .reverted: kind = .reverted(cause: settlement.cause ?? "")
            case .revertFailed: kind = .revertFailed(cause: settlement.cause ?? "")
            case .removed: kind = .removed
            default: return
            }
        }
        actions.append(.outcome(item: settlement.item, revision: settlement.goal, kind: kind))
    }
}
