/// What an operator may do: each role what the ones before it may, and more (DESIGN §10).
package enum OperatorRole: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// To read.
    case viewer
    /// To stop harm: pause, abort, roll back.
    case oncall
    /// To change what should run.
    case `operator`
    /// To enrol hosts, to label them, and to make tokens.
    case admin

    package static func < (left: OperatorRole, right: OperatorRole) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
