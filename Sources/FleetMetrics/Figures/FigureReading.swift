/// Figures out of one exposition document.
package struct FigureReading: Hashable, Sendable {
    /// What the document says of each figure; a figure that it does not mention is missing.
    package var values: [Figure: Double] = [:]
    /// What came of reading the document.
    package var summary = ExpositionSummary()

    /// Reads a document by the rules of a profile. Values that are no numbers are left out.
    package init(
        _ document: Span<UInt8>,
        profile: MetricProfile = .builtIn,
        limits: ExpositionLimits = ExpositionLimits()
    ) {
        let rules = profile.rules
        var reader = ExpositionReader(limits: limits)
        summary = reader.read(document) { sample, document in
            guard sample.value.isFinite else { return }
            for rule in rules where rule.series.contains(where: { $0.means(sample, in: document) }) {
                values[rule.figure, default: 0] += sample.value * rule.scale
            }
        }
    }
}
