package import Fleet

/// What one history is made of: everything follows from the seed, less what shrinking has taken away.
package struct SimulationScenario: Sendable {
    /// Decides everything.
    package let seed: UInt64
    /// How many hosts there are.
    package var hosts: Int
    /// How many sites they stand at.
    package var sites: Int
    /// How many deployments people begin with.
    package var deployments: Int
    /// How long faults happen and people act.
    package var busy: Span
    /// How many commands people give at most while faults happen.
    package var commands = Int.max
    /// What may go wrong, and how often.
    package var rates: [SimulationFault: Double] = [:]
    /// Whether the controller's store is the real one in memory, and not a value: slower, and the same history.
    package var usesDatabase: Bool
    /// How long people wait between two commands, on average.
    package var pace: Span
    /// Whether people take back more than they bring: rollbacks, rehearsals, holds, and all of it undone.
    package var takesBack: Bool

    /// The history of a seed.
    package init(seed: UInt64) {
        self.seed = seed
        usesDatabase = seed % 8 == 0
        var dice = SimulationDice(seed: seed, stream: 1)
        hosts = dice.chance(0.1) ? 1 + dice.below(3) : dice.chance(0.1) ? 30 + dice.below(31) : 4 + dice.below(21)
        sites = 1 + dice.below(3)
        deployments = 1 + dice.below(3)
        busy = .seconds(3600 * Int64(4 + dice.below(9)))
        pace = .seconds([300, 900, 1800][dice.below(3)])
        // Some histories have few kinds of faults and many of each, some have all.
        let share = [0.15, 0.5, 0.9][dice.below(3)]
        for fault in SimulationFault.allCases where dice.chance(share) {
            rates[fault] = fault.rate * (dice.chance(0.2) ? 5 : 1)
        }
        if dice.chance(0.1) { rates = [:] }
        takesBack = dice.chance(0.3)
        if takesBack {
            hosts = 6 + dice.below(23)
            pace = .seconds([400, 900][dice.below(2)])
        }
        // The controller's own steps know no guards yet: what feeds them comes later.
        if usesDatabase { rates[.guards] = nil }
    }

    /// A site where nobody stands at first: hosts are labelled with it in time.
    var spareSite: Int { sites }

    func rate(_ fault: SimulationFault) -> Double { rates[fault] ?? 0 }
}

extension SimulationScenario: CustomStringConvertible {
    package var description: String {
        let faults = SimulationFault.allCases.filter { rates[$0] != nil }.map(\.rawValue).joined(separator: ",")
        let limit = commands == .max ? "" : ", at most \(commands) commands"
        let way = takesBack ? ", much is taken back" : ""
        return
            "seed \(seed): \(hosts) hosts at \(sites) sites, \(deployments) deployments, \(busy) of faults (\(faults))\(limit)\(way)"
    }
}
