import Fleet

/// What a controller knows of the host and wants of it; stored facts are taken once each, by their number.
struct ScriptedController: Sendable {
    private(set) var assignment = Assignment(version: .none, items: [])
    private(set) var outcomes: [HostOutcome] = []
    /// The newest number that is stored.
    private(set) var newest: UInt64 = 0

    /// Wants something else.
    mutating func want(_ item: AssignmentItem) {
        let generation = assignment.version.generation + 1
        assignment = Assignment(version: AssignmentVersion(epoch: 1, generation: generation), items: [item])
    }

    /// Stores what is new.
    mutating func store(_ told: [HostOutcome]) {
        for outcome in told where outcome.sequence > newest {
            outcomes.append(outcome)
            newest = outcome.sequence
        }
    }

    /// How items with this number ended.
    func ends(of item: UInt64) -> [HostOutcome.Kind] {
        outcomes.filter { $0.item == item }.map(\.kind).filter { if case .serving = $0 { false } else { true } }
    }
}
