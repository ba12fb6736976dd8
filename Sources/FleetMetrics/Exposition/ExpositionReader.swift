/// Reads the text in which servers show their metrics: Prometheus text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/) and OpenMetrics 1.0, names in quotes included.
///
/// One pass over the bytes; nothing is copied or allocated for a sample. A line that cannot be read is counted and
/// located, and the next one is read: half of the figures are better than none. Lines of any length, and documents
/// without an end, take time in proportion to their bytes.
///
/// ```
/// var reader = ExpositionReader()
/// let summary = reader.read(bytes.span) { sample, document in
///     sample.name.equals("process_cpu_seconds_total", in: document)
/// }
/// ```
package struct ExpositionReader: Sendable {
    private let limits: ExpositionLimits
    private var family = ExpositionToken.empty
    private var type = MetricType.unknown
    /// The names of the present sample's labels: kept, so that its room is made once.
    private var labelNames: [ExpositionToken] = []

    /// A reader; it can be used again.
    package init(limits: ExpositionLimits = ExpositionLimits()) {
        self.limits = limits
    }

    /// Reads a document and calls `visit` for each of its samples, in its order.
    ///
    /// - Parameter dialect: told from the last line unless given.
    package mutating func read(
        _ document: Span<UInt8>,
        dialect: ExpositionDialect? = nil,
        _ visit: (ExpositionSample, Span<UInt8>) -> Void
    ) -> ExpositionSummary {
        let dialect = dialect ?? ExpositionDialect(of: document)
        var summary = ExpositionSummary()
        leaveFamily()
        var begin = 0
        while begin < document.count {
            var end = begin
            while end < document.count, document[end] != UInt8(ascii: "\n") { end += 1 }
            summary.lines += 1
            var cursor = ExpositionCursor(begin, end: end)
            do throws(ExpositionProblem.Kind) {
                guard end - begin <= limits.lineBytes else { throw .lineTooLong }
                if let sample = try line(&cursor, in: document, dialect, &summary) {
                    guard summary.samples < limits.samples else {
                        summary.bound = .samples
                        return summary
                    }
                    summary.samples += 1
                    visit(sample, document)
                }
            } catch {
                summary.note(
                    ExpositionProblem(line: summary.lines, column: cursor.place - begin + 1, kind: error)
                )
                guard summary.badLines < limits.badLines else {
                    summary.bound = .badLines
                    return summary
                }
            }
            begin = end + 1
        }
        return summary
    }

    private mutating func line(
        _ cursor: inout ExpositionCursor,
        in document: Span<UInt8>,
        _ dialect: ExpositionDialect,
        _ summary: inout ExpositionSummary
    ) throws(ExpositionProblem.Kind) -> ExpositionSample? {
        cursor.skipBlanks(in: document)
        guard !cursor.isAtEnd else { return nil }
        guard !summary.isEnded else { throw .afterEnd }
        guard !cursor.isAt("#", in: document) else {
            cursor.advance()
            try comment(&cursor, in: document, dialect, &summary)
            return nil
        }
        return try sample(&cursor, in: document, dialect)
    }

    // MARK: Comments

    private mutating func comment(
        _ cursor: inout ExpositionCursor,
        in document: Span<UInt8>,
        _ dialect: ExpositionDialect,
        _ summary: inout ExpositionSummary
    ) throws(ExpositionProblem.Kind) {
        cursor.skipBlanks(in: document)
        let word = cursor.word(in: document)
        if word.equals("TYPE", in: document) {
            try typeLine(&cursor, in: document)
        } else if dialect == .openMetrics, word.equals("EOF", in: document) {
            cursor.skipBlanks(in: document)
            summary.isEnded = cursor.isAtEnd
        }
    }

    private mutating func typeLine(
        _ cursor: inout ExpositionCursor,
        in document: Span<UInt8>
    ) throws(ExpositionProblem.Kind) {
        cursor.skipBlanks(in: document)
        let isQuoted = cursor.isAt("\"", in: document)
        let name = isQuoted ? try cursor.quoted(in: document) : cursor.metricName(in: document)
        guard !name.isEmpty else { throw .name }
        guard !(name.equals(family, in: document)) else { throw .typeTwice }
        leaveFamily()
        cursor.skipBlanks(in: document)
        let place = cursor
        guard let type = MetricType(cursor.word(in: document), in: document) else {
            cursor = place
            throw .type
        }
        cursor.skipBlanks(in: document)
        guard cursor.isAtEnd else { throw .excess }
        family = name
        self.type = type
    }

    private mutating func leaveFamily() {
        family = .empty
        type = .unknown
    }

    // MARK: Samples

    private mutating func sample(
        _ cursor: inout ExpositionCursor,
        in document: Span<UInt8>,
        _ dialect: ExpositionDialect
    ) throws(ExpositionProblem.Kind) -> ExpositionSample {
        var name = cursor.metricName(in: document)
        cursor.skipBlanks(in: document)
        let labels = try labels(&cursor, in: document, metric: &name)
        guard !name.isEmpty else { throw .name }
        cursor.skipBlanks(in: document)
        let value = try cursor.number(in: document)
        cursor.skipBlanks(in: document)
        var timestamp: Int64?
        if !cursor.isAtEnd, !cursor.isAt("#", in: document) {
            timestamp = try self.timestamp(&cursor, in: document, dialect)
            cursor.skipBlanks(in: document)
        }
        let hasExemplar = cursor.isAt("#", in: document)
        if hasExemplar { try exemplar(&cursor, in: document, dialect) }
        guard cursor.isAtEnd else { throw .excess }
        let (family, type, role) = placeInFamily(name, in: document)
        return ExpositionSample(
            name: name,
            family: family,
            type: type,
            role: role,
            labels: labels,
            value: value,
            timestamp: timestamp,
            hasExemplar: hasExemplar
        )
    }

    private mutating func labels(
        _ cursor: inout ExpositionCursor,
        in document: Span<UInt8>,
        metric: inout ExpositionToken
    ) throws(ExpositionProblem.Kind) -> ExpositionLabels {
        guard cursor.isAt("{", in: document) else { return .none }
        cursor.advance()
        let begin = cursor.place
        labelNames.removeAll(keepingCapacity: true)
        while let label = try cursor.label(in: document, metric: &metric) {
            for other in labelNames where other.equals(label.name, in: document) { throw .labelTwice }
            guard labelNames.count < limits.labels else { throw .tooManyLabels }
            labelNames.append(label.name)
        }
        return labelNames.isEmpty ? .none : ExpositionLabels(begin..<cursor.place, count: labelNames.count)
    }

    private func timestamp(
        _ cursor: inout ExpositionCursor,
        in document: Span<UInt8>,
        _ dialect: ExpositionDialect
    ) throws(ExpositionProblem.Kind) -> Int64 {
        let place = cursor
        let word = cursor.word(in: document)
        let scale: Double = dialect == .openMetrics ? 1000 : 1
        guard let number = DecimalText.double(word, in: document),
            let milliseconds = Int64(exactly: (number * scale).rounded()),
            dialect == .openMetrics || number == number.rounded()
        else {
            cursor = place
            throw .timestamp
        }
        return milliseconds
    }

    private mutating func exemplar(
        _ cursor: inout ExpositionCursor,
        in document: Span<UInt8>,
        _ dialect: ExpositionDialect
    ) throws(ExpositionProblem.Kind) {
        guard dialect == .openMetrics else { throw .exemplar }
        cursor.advance()
        cursor.skipBlanks(in: document)
        guard cursor.isAt("{", in: document) else { throw .exemplar }
        var nobody = ExpositionToken(cursor.place..<(cursor.place + 1))
        _ = try labels(&cursor, in: document, metric: &nobody)
        cursor.skipBlanks(in: document)
        _ = try cursor.number(in: document)
        cursor.skipBlanks(in: document)
        guard !cursor.isAtEnd else { return }
        _ = try timestamp(&cursor, in: document, dialect)
        cursor.skipBlanks(in: document)
    }
}

extension ExpositionReader {
    /// What a sample is within the family whose `# TYPE` line came last; one of another name has no type.
    private func placeInFamily(
        _ name: ExpositionToken,
        in document: Span<UInt8>
    ) -> (ExpositionToken, MetricType, ExpositionSample.Role) {
        let stranger = (name, MetricType.unknown, ExpositionSample.Role.value)
        let rest = name.count - family.count
        guard !family.isEmpty, rest >= 0 else { return stranger }
        let begin = name.range.lowerBound
        guard family.equals(ExpositionToken(begin..<(begin + family.count)), in: document) else { return stranger }
        guard rest > 0 else {
            switch type {
            // Their own names bear suffixes.
            case .histogram, .gaugeHistogram: return stranger
            case .summary: return (family, type, .quantile)
            case .counter, .gauge, .unknown, .stateSet, .info: return (family, type, .value)
            }
        }
        let suffix = ExpositionToken((begin + family.count)..<name.range.upperBound)
        guard let role = role(of: suffix, in: document) else { return stranger }
        return (family, type, role)
    }

    private func role(of suffix: ExpositionToken, in document: Span<UInt8>) -> ExpositionSample.Role? {
        switch type {
        case .counter:
            if suffix.equals("_total", in: document) { return .value }
            return suffix.equals("_created", in: document) ? .created : nil
        case .histogram, .summary:
            if type == .histogram, suffix.equals("_bucket", in: document) { return .bucket }
            if suffix.equals("_sum", in: document) { return .sum }
            if suffix.equals("_count", in: document) { return .count }
            return suffix.equals("_created", in: document) ? .created : nil
        case .gaugeHistogram:
            if suffix.equals("_bucket", in: document) { return .bucket }
            if suffix.equals("_gsum", in: document) { return .sum }
            return suffix.equals("_gcount", in: document) ? .count : nil
        case .info: return suffix.equals("_info", in: document) ? .value : nil
        case .gauge, .unknown, .stateSet: return nil
        }
    }
}
