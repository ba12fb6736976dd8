import Fleet

/// The aggregates over a deployment's hosts, each kept up by what changed.
struct FleetTally: Sendable {
    /// Counts of one wave.
    struct Wave: Sendable {
        var counts = Array(repeating: 0, count: HostPlace.Category.allCases.count)
        var listed = 0
        var asked = 0
        var ending = 0

        subscript(category: HostPlace.Category) -> Int { counts[category.rawValue] }

        /// Hosts that the wave still waits for.
        var open: Int { listed - self[.verified] - self[.failed] - self[.back] - self[.excused] }
    }

    /// Counts and queues of one site.
    struct Site: Sendable {
        var name: String
        var selected = 0
        var standingInFlight = 0
        /// Hosts that have a slot and wait to stage something else.
        var held = 0
        var stage: [Int: PositionSet] = [:]
        var standingStage: PositionSet
        var standingGo: PositionSet
        /// Positions of its hosts, by seat.
        var positions: [Int]
    }

    private(set) var waves: [Wave]
    private(set) var go: [PositionSet]
    private(set) var back: PositionSet
    private(set) var removal: PositionSet
    private(set) var drill: PositionSet
    /// By index among those that stand.
    private(set) var rollbacks: [RollbackTally]
    private(set) var stale: PositionSet
    private(set) var sites: [Site]
    /// Sites with hosts that wait for a slot which was not refused since.
    var stageSites: PositionSet
    /// Sites with hosts that wait for their turn outside a rollout.
    var standingSites: PositionSet
    private(set) var selected = 0
    private(set) var inFlight = 0
    private(set) var returning = 0
    private(set) var removing = 0
    private(set) var excluded = 0
    private(set) var items = 0
    /// Hosts that wait for their turn to move or to be removed.
    private(set) var queued = 0

    /// - Parameters:
    ///   - waves: how many the rollout has.
    ///   - rollbacks: how many stand.
    ///   - sites: by index, the name and the positions of its hosts.
    init(hosts: Int, waves: Int, rollbacks: Int = 0, sites: [(name: String, positions: [Int])]) {
        self.waves = Array(repeating: Wave(), count: waves)
        go = Array(repeating: PositionSet(capacity: hosts), count: waves)
        back = PositionSet(capacity: hosts)
        removal = PositionSet(capacity: hosts)
        drill = PositionSet(capacity: hosts)
        self.rollbacks = Array(repeating: RollbackTally(hosts: hosts), count: rollbacks)
        stale = PositionSet(capacity: hosts)
        stageSites = PositionSet(capacity: sites.count)
        standingSites = PositionSet(capacity: sites.count)
        self.sites = sites.map { site in
            Site(
                name: site.name,
                standingStage: PositionSet(capacity: site.positions.count),
                standingGo: PositionSet(capacity: site.positions.count),
                positions: site.positions
            )
        }
    }

    /// Over all waves.
    func count(of category: HostPlace.Category) -> Int { waves.reduce(0) { $0 + $1[category] } }

    var listed: Int { waves.reduce(0) { $0 + $1.listed } }

    mutating func add(_ place: HostPlace, at position: Int, site: Int, seat: Int) {
        count(place, site: site, by: 1)
        if place.isStale { stale.insert(position) }
        if let rollback = place.rollback { rollbacks[rollback.index].add(rollback, at: position) }
        switch place.queue {
        case .stage(let wave):
            let seats = sites[site].positions.count
            sites[site].stage[wave, default: PositionSet(capacity: seats)].insert(seat)
            stageSites.insert(site)
        case .go(let wave): go[wave].insert(position)
        case .back: back.insert(position)
        case .standingStage:
            sites[site].standingStage.insert(seat)
            stageSites.insert(site)
        case .standingGo:
            sites[site].standingGo.insert(seat)
            standingSites.insert(site)
        case .removal: removal.insert(position)
        case .drill: drill.insert(position)
        case .rollback, nil: break
        }
    }

    mutating func remove(_ place: HostPlace, at position: Int, site: Int, seat: Int) {
        count(place, site: site, by: -1)
        if place.isStale { stale.remove(position) }
        if let rollback = place.rollback { rollbacks[rollback.index].remove(rollback, at: position) }
        // Its turn may be another's now.
        if place.isStandingInFlight, !sites[site].standingGo.isEmpty { standingSites.insert(site) }
        // The next in its queue may have a slot.
        if sites[site].held > 0 { stageSites.insert(site) }
        switch place.queue {
        case .stage(let wave): sites[site].stage[wave]?.remove(seat)
        case .go(let wave): go[wave].remove(position)
        case .back: back.remove(position)
        case .standingStage: sites[site].standingStage.remove(seat)
        case .standingGo: sites[site].standingGo.remove(seat)
        case .removal: removal.remove(position)
        case .drill: drill.remove(position)
        case .rollback, nil: break
        }
    }

    private mutating func count(_ place: HostPlace, site: Int, by step: Int) {
        if let listed = place.listed {
            waves[listed.wave].listed += step
            waves[listed.wave].counts[listed.category.rawValue] += step
            if listed.isAsked { waves[listed.wave].asked += step }
            if listed.isEnding { waves[listed.wave].ending += step }
            if listed.isExcluded { excluded += step }
        }
        if place.isSelected {
            selected += step
            sites[site].selected += step
        }
        if place.isInFlight { inFlight += step }
        if place.isStandingInFlight { sites[site].standingInFlight += step }
        if place.isReturning { returning += step }
        if place.isRemoving { removing += step }
        if place.hasItem { items += step }
        switch place.queue {
        case .go, .back, .standingGo, .removal, .drill: queued += step
        case .stage, .standingStage: if place.isStaging { sites[site].held += step }
        case .rollback, nil: break
        }
    }
}
