import Fleet

/// Where one host counts: everything that the aggregates know of it. Made from the host and its target alone.
struct HostPlace: Hashable, Sendable {
    /// What a host of the list counts as. Each counts once, so that they sum to the list.
    enum Category: Int, Hashable, Sendable, CaseIterable {
        /// Not asked yet, or waited for.
        case waiting
        /// Asked to have the files ready.
        case staging
        /// Ready for its turn.
        case staged
        /// Told to move; its outcome is not in.
        case moving
        /// Proven.
        case verified
        /// Counted as failed.
        case failed
        /// Going back, or back.
        case back
        /// Its wave does not wait for it.
        case excused
    }

    /// What a host waits for.
    enum Queue: Hashable, Sendable {
        /// A slot of its site, in the rollout.
        case stage(wave: Int)
        /// Its wave and its turn, in the rollout.
        case go(wave: Int)
        /// Its turn to go back from a rollout that is being aborted.
        case back
        /// A slot of its site, outside a rollout.
        case standingStage
        /// Its turn, outside a rollout.
        case standingGo
        /// Its turn to be removed.
        case removal
        /// Its turn in a rollback; where it stands there says the rest.
        case rollback
        /// Its turn in a rehearsal.
        case drill
    }

    /// Where a host stands in a rollback.
    struct InRollback: Hashable, Sendable {
        /// Which one, by its index among those that stand.
        var index: Int
        var wave: Int
        /// Whether it can be reached and has not ended.
        var isOpen = false
        /// Whether it waits for its turn.
        var isWaiting = false
        /// Whether it could not be reached before, and so goes before the others.
        var isReturner = false
        /// Whether it has everything ready: it goes before those that have not.
        var isReady = false
        /// Whether it has to be told to get ready, or told anew.
        var isUntold = false
        /// Whether it holds a place among those that go.
        var isGoing = false
        /// Whether the rollback concerns it, and it can be reached or has ended.
        var isInScope = false
        /// Whether its target has failed.
        var isFailed = false
    }

    /// Its wave and what it counts as there; `nil` for a host that is not in the list.
    var listed: Listed?
    /// Where it stands in its rollback; `nil` for a host that is in none.
    var rollback: InRollback?
    var queue: Queue?
    /// Whether the selector takes it and it can take the deployment.
    var isSelected = false
    /// Whether it was told to move and its outcome is not in.
    var isInFlight = false
    /// Whether it moves outside a rollout.
    var isStandingInFlight = false
    /// Whether it holds a slot of its site.
    var isStaging = false
    /// Whether an abort waits for it.
    var isReturning = false
    /// Whether it was told to remove the deployment and has not done so.
    var isRemoving = false
    /// Whether its item has to be brought up to date.
    var isStale = false
    /// Whether it has an item.
    var hasItem = false

    /// A host of the list.
    struct Listed: Hashable, Sendable {
        var wave: Int
        var category: Category
        /// Whether it counts towards the share of excluded hosts.
        var isExcluded: Bool
        /// Whether the whole wave waits for a slot of a site where it does.
        var isAsked: Bool
        /// Whether it still ends what was begun there before the rollout.
        var isEnding: Bool
    }
}
