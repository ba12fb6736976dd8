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
    }

    /// Its wave and what it counts as there; `nil` for a host that is not in the list.
    var listed: Listed?
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
    }
}
