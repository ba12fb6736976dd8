/// The type of a metric family, as its `# TYPE` line says.
package enum MetricType: String, Hashable, Sendable, CaseIterable {
    case counter, gauge, histogram, summary
    /// `untyped` in Prometheus' dialect, `unknown` in OpenMetrics'; also that of a sample without a `# TYPE` line.
    case unknown
    /// OpenMetrics only.
    case gaugeHistogram = "gaugehistogram"
    /// OpenMetrics only.
    case stateSet = "stateset"
    /// OpenMetrics only.
    case info

    /// What a `# TYPE` line says; `nil` for what is no type.
    init?(_ token: ExpositionToken, in document: Span<UInt8>) {
        for type in Self.allCases where token.equals(type.rawValue, in: document) {
            self = type
            return
        }
        guard token.equals("untyped", in: document) else { return nil }
        self = .unknown
    }
}
