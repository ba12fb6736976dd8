package import Fleet

/// The rules of one deployment on one host: both chains of DESIGN §7, recreate (R) and side by side (S).
///
/// ```
/// R  item ─▶ staging ─▶ stoppingOld ─▶ starting ─▶ probing ─▶ [switching] ─▶ observing ─▶ verified
///              │failed       └──────────┴───────────┴──failed────┴──────────────┘
///              ▼                                 ▼
///          nothing moved                     reverting ─▶ reverted | revertFailed
///
/// S  item ─▶ staging ─▶ starting ─▶ probing ─▶ switching ─▶ observing ─▶ verified, the old one drains
///              │failed      └──────────┴────failed───┴───────────┘
///              ▼                            ▼
///          nothing moved                reverted: the old one serves, or serves again at once
///
/// S, where the endpoint's port is bound:   staging ─▶ starting ─▶ probing on a private port ─▶ R from stoppingOld
///
/// order to stage ─▶ staging ─▶ staged ── converge to the same ─▶ checked again ─▶ R or S from after staging
///                      │failed    └── any other goal ─▶ dropped
///                      ▼
///                 nothing moved
/// ```
///
/// An order to stage moves nothing: what serves goes on, is started again when it dies and after a boot. What is under way
/// when it comes ends first, as the item that it is of; of the order only its holds and successes count until then.
///
/// Staging runs beside what serves. What serves, or is to, is a `Life`; the second process of S is a `Successor`; those
/// that are on their way out are `leaving`. Only a changed item pre-empts what is under way: a removal and a rollback at
/// once, another revision after what served is back. What was verified and dies is started again with backoff, for ever;
/// a revision that failed is not tried again until another goal was asked in between. Outside a rollout staging that fails
/// is tried again with the same backoff.
///
/// A rollback whose order says `wait` is staged like that too, and moves when its turn has come
/// (`ReplicaStateMachine+Turn.swift`).
///
/// Where the endpoint leads follows from the state (`pointing`): to what was proven and to nothing else; nowhere while
/// nothing answers. It is closed before what answers is stopped.
///
/// While a person on the host has it pinned, nothing moves but restarts of what serves; a local rollback ends pinned.
///
/// A process that is found although the journal knows nothing of it (it was lost) goes on: it is proven as it runs when
/// the controller asks for its revision, and is stopped only when another is about to take its place.
///
/// The time that it is told must not follow the steps of a wall clock, or deadlines would come early or never.
///
/// Legal races, dropped silently: words about an attempt or a staging that is no longer the current one; a probe's
/// answer after the deadline; an item that says what the newest says; a switch that is done after it was taken back.
package struct ReplicaStateMachine: Sendable {
    /// What the host keeps. To be journalled when an action says so.
    package internal(set) var record: ReplicaRecord
    /// How a replica comes by its endpoint's port on this host.
    package let means: EndpointMeans
    var life: Life = .empty
    var successor: Successor?
    /// Processes that are being stopped beside what serves.
    var leaving: [ReplicaProcess] = []
    /// Processes that nothing is known of, beside one that answers: they go when something was proven.
    var strays: [ReplicaProcess] = []
    var staging: Staging?
    var actions: [ReplicaAction] = []
    /// Why an item is left alone.
    var refusal: String?
    /// Why the endpoint does not lead where it should.
    var endpointProblem: String?
    /// Why a local rollback is not where it should be.
    var localProblem: String?
    /// The attempt that the endpoint led to before anything was known here.
    var ledTo: UInt64?
    var restarts = 0
    /// Since when there is no session with the controller; `nil` while there is one.
    var lostSince: Instant?
    private var journalled: ReplicaRecord
    private(set) var pointed: Pointing = .untouched
    private var lastState: TargetState = .pending
    private(set) var since: Instant

    /// A deployment as the journal has it, or one of which nothing is known. After a start of the agent the next event
    /// must be `restarted`.
    package init(record: ReplicaRecord, means: EndpointMeans, at now: Instant) {
        self.record = record
        self.means = means
        journalled = record
        since = now
        lostSince = now
    }

    /// When `timerFired` is due; `nil` when nothing happens by itself.
    package var deadline: Instant? {
        [life.deadline, rising?.deadline, staging?.retry?.at, turnDue].compactMap { $0 }.min()
    }

    /// Whether it was stopped for good: it may be forgotten once the outcome is acknowledged.
    package var isRemoved: Bool { if case .removed = life { leaving.isEmpty && strays.isEmpty } else { false } }

    /// Whether a process runs of which the journal does not know that it was verified, nor what files it needs.
    package var hasUnknownProcess: Bool {
        if case .resting = life { record.standing == nil } else { false }
    }

    /// The passage under way, other than a restart.
    var underway: Passage? {
        if let successor { return successor.passage }
        return life.passage.flatMap { $0.isRestart ? nil : $0 }
    }

    /// The successor's way up.
    var rising: Advance? { if case .advancing(let advance)? = successor { advance } else { nil } }

    /// Ends an event: what is to be journalled goes first, then where the endpoint leads.
    mutating func flush(_ now: Instant) -> [ReplicaAction] {
        noteServing()
        record.trim()
        let state = state
        if state != lastState {
            lastState = state
            since = now
        }
        var result = actions
        actions = []
        let pointing = pointing
        if pointing != .untouched, pointing != pointed {
            pointed = pointing
            endpointProblem = nil
            result.insert(.point(pointing), at: 0)
        }
        if record != journalled {
            record.forgetFiles()
            journalled = record
            result.insert(.journal(record), at: 0)
        }
        return result
    }

    /// Notes what answers, if that has changed.
    private mutating func noteServing() {
        let reference = answering
        guard record.serving?.digest != reference?.digest else { return }
        record.serving = reference
        let item = record.item?.number ?? 0
        actions.insert(.outcome(item: item, revision: reference, kind: .serving(reference)), at: 0)
    }

    /// Ends an item. What ends under a rollback that another has overtaken is told, and the newest is looked at by itself.
    mutating func settle(_ settlement: Settlement, proven: Bool = false) {
        let newest: String? = if case .rollback(let id, _)? = record.item?.order { id } else { nil }
        let rollback = settlement.rollback ?? newest
        if let receipt = settlement.receipt, let rollback, let newest, rollback != newest {
            let kind = HostOutcome.Kind.rolledBack(id: rollback, receipt: receipt)
            actions.append(.outcome(item: settlement.item, revision: settlement.goal, kind: kind))
            return
        }
        record.settlement = settlement
        switch settlement.receipt {
        case .noTarget(.keepServing): record.kept = record.standing?.digest
        case .failed(_, let serving): record.kept = serving?.digest
        // It outlives the pin, until something else stands.
        case .pinned where record.item?.onFailure == .keepServing: record.kept = record.standing?.digest
        case .done, .unaffected, .inProgress, .offline, .pinned, .noTarget(.stop), nil: break
        }
        refusal = nil
        let kind: HostOutcome.Kind
        // A settlement of an older journal names no rollback.
        if let receipt = settlement.receipt, let rollback {
            kind = .rolledBack(id: rollback, receipt: receipt)
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
