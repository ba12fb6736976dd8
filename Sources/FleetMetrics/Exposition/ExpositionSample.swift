/// One sample of a document: places and numbers, nothing copied. It is valid beside its document only.
package struct ExpositionSample: Hashable, Sendable {
    /// What a sample is within its family.
    package enum Role: Hashable, Sendable {
        /// The family's one value: of a counter, a gauge, or something unknown.
        case value
        /// How many observations were at most the label `le` (histograms).
        case bucket
        /// The value at the label `quantile` (summaries).
        case quantile
        /// The sum of all observations.
        case sum
        /// The number of all observations.
        case count
        /// When the series began, in seconds since 1970 (`_created`).
        case created
    }

    /// The sample's own name, `_total`, `_sum`, `_bucket` … included.
    package var name: ExpositionToken
    /// The family's name: the sample's name without what the family's type adds.
    package var family: ExpositionToken
    /// The family's type.
    package var type: MetricType
    /// What the sample is within its family.
    package var role: Role
    /// The labels, as they are written.
    package var labels: ExpositionLabels
    /// The value; may be NaN or infinite.
    package var value: Double
    /// When it was measured, in milliseconds since 1970, if the document says so.
    package var timestamp: Int64?
    /// Whether an exemplar follows (OpenMetrics).
    package var hasExemplar: Bool
}
