import Fleet

/// The aggregates of one rollback over a deployment's hosts, each kept up by what changed.
struct RollbackTally: Sendable {
    /// Counts and queues of one wave; a fast rollback has one.
    struct Wave: Sendable {
        var listed = 0
        /// Hosts that can be reached and have not ended.
        var open = 0
        /// Hosts that wait for their turn, by position.
        var queue: PositionSet
        /// Those of them that could not be reached when they were asked: they go first.
        var returners: PositionSet
        /// Those of them that have everything ready: they go next.
        var ready: PositionSet
    }

    private(set) var waves: [Wave] = []
    /// Hosts that have to be told to get ready, or told anew.
    private(set) var untold: PositionSet
    /// Hosts that it concerns and that can be reached, or have ended.
    private(set) var scope = 0
    /// Hosts that hold a place among those that go.
    private(set) var going = 0
    /// Hosts whose target has failed.
    private(set) var failed = 0
    private let capacity: Int

    init(hosts: Int) {
        capacity = hosts
        untold = PositionSet(capacity: hosts)
    }

    /// The first wave that somebody who can be reached has not ended.
    var current: Int? { waves.firstIndex { $0.open > 0 } }

    /// The last wave that has hosts.
    var last: Int { waves.lastIndex { $0.listed > 0 } ?? 0 }

    /// Who goes next, of the first wave that has not ended.
    var next: Int? {
        guard let current else { return nil }
        for wave in waves[...current] {
            if let position = wave.returners.first ?? wave.ready.first ?? wave.queue.first { return position }
        }
        return nil
    }

    mutating func add(_ place: HostPlace.InRollback, at position: Int) {
        count(place, by: 1)
        if place.isUntold { untold.insert(position) }
        guard place.isWaiting else { return }
        if place.isReturner {
            waves[place.wave].returners.insert(position)
        } else if place.isReady {
            waves[place.wave].ready.insert(position)
        } else {
            waves[place.wave].queue.insert(position)
        }
    }

    mutating func remove(_ place: HostPlace.InRollback, at position: Int) {
        count(place, by: -1)
        untold.remove(position)
        waves[place.wave].queue.remove(position)
        waves[place.wave].returners.remove(position)
        waves[place.wave].ready.remove(position)
    }

    private mutating func count(_ place: HostPlace.InRollback, by step: Int) {
        while waves.count <= place.wave {
            let none = PositionSet(capacity: capacity)
            waves.append(Wave(queue: none, returners: none, ready: none))
        }
        waves[place.wave].listed += step
        if place.isOpen { waves[place.wave].open += step }
        if place.isInScope { scope += step }
        if place.isGoing { going += step }
        if place.isFailed { failed += step }
    }
}
