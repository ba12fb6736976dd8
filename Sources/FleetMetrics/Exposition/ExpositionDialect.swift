/// The two text formats in which servers show their metrics.
package enum ExpositionDialect: String, Hashable, Sendable, CaseIterable {
    /// Prometheus text format 0.0.4: timestamps are integers, in milliseconds.
    case prometheus
    /// OpenMetrics 1.0: timestamps are decimals, in seconds; there are exemplars; the last line is `# EOF`.
    case openMetrics

    /// Tells a document's dialect by its last line: only OpenMetrics has, and must have, `# EOF` there.
    package init(of document: Span<UInt8>) {
        var end = document.count
        while end > 0, document[end - 1] == UInt8(ascii: "\n") || document[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        let mark: StaticString = "# EOF"
        let begin = end - mark.utf8CodeUnitCount
        guard begin >= 0, begin == 0 || document[begin - 1] == UInt8(ascii: "\n"),
            ExpositionToken(begin..<end).equals("# EOF", in: document)
        else {
            self = .prometheus
            return
        }
        self = .openMetrics
    }
}
