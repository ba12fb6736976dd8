/// What came of reading one document.
package struct ExpositionSummary: Hashable, Sendable {
    /// The bounds at which a document is left.
    package enum Bound: String, Hashable, Sendable {
        /// `ExpositionLimits.samples`.
        case samples
        /// `ExpositionLimits.badLines`.
        case badLines
    }

    /// How many problems are kept with their places.
    package static let keptProblems = 8

    /// Lines seen, the last one without a newline included.
    package var lines = 0
    /// Samples handed out.
    package var samples = 0
    /// Lines that could not be read; everything else was.
    package var badLines = 0
    /// The first of them.
    package var problems: [ExpositionProblem] = []
    /// The bound at which the document was left; `nil` when it was read to its end.
    package var bound: Bound?
    /// Whether `# EOF` was seen. An OpenMetrics document without it was cut.
    package var isEnded = false

    /// Nothing was read yet.
    package init() {}

    mutating func note(_ problem: ExpositionProblem) {
        badLines += 1
        if problems.count < Self.keptProblems { problems.append(problem) }
    }
}
