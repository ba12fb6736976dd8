package import Fleet

/// A rule that a history has broken.
package struct SimulationFailure: Sendable, CustomStringConvertible {
    /// The rule's name.
    package var rule: String
    /// What happened.
    package var what: String
    /// The history's seed.
    package var seed: UInt64
    /// Which event of the history it was.
    package var step: Int
    /// When, since the history began.
    package var at: Span

    package var description: String { "seed \(seed), step \(step), at \(at): \(rule): \(what)" }
}
