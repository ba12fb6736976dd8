import FleetMetrics

/// Feeds the exposition reader with whatever a model server could show, in both dialects, and checks what the rest relies
/// on: tokens lie in the document, each bad line is counted once, the bounds hold, and labels are read as often as they
/// were counted.
///
/// Run by `Deploy/scripts/fuzz` with libFuzzer and the address sanitizer; `FuzzTests` replay its seeds and findings.
package enum ExpositionFuzz {
    package static func run(_ input: UnsafeRawBufferPointer) {
        let bytes = Array(input)
        let limits = ExpositionLimits(lineBytes: 200, samples: 50, labels: 4, badLines: 20)
        for dialect in ExpositionDialect.allCases {
            var reader = ExpositionReader(limits: limits)
            var samples = 0
            let summary = reader.read(bytes.span, dialect: dialect) { sample, document in
                samples += 1
                check(sample, document)
            }
            precondition(samples == summary.samples && samples <= limits.samples, "samples are miscounted")
            precondition(summary.badLines + samples <= summary.lines, "lines are miscounted")
            precondition(summary.badLines <= limits.badLines && summary.problems.count <= 8, "a bound does not hold")
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            for problem in summary.problems {
                precondition((1...lines.count).contains(problem.line), "a problem is nowhere")
                precondition(
                    (1...lines[problem.line - 1].count + 1).contains(problem.column),
                    "a problem is off its line"
                )
            }
        }
        _ = FigureReading(bytes.span, limits: limits)
    }

    private static func check(_ sample: ExpositionSample, _ document: Span<UInt8>) {
        let all = 0..<document.count
        for token in [sample.name, sample.family] {
            precondition(all.contains(token.range.lowerBound) && token.range.upperBound <= all.upperBound, "outside")
            _ = token.text(in: document)
        }
        precondition(!sample.name.isEmpty && sample.family.count <= sample.name.count, "a name is missing")
        var seen: Set<String> = []
        sample.labels.forEach(in: document) { label in
            precondition(!label.name.isEmpty, "a label has no name")
            // Escapes that differ may mean the same name; the reader compares what is written.
            seen.insert("\(label.name.range)")
            _ = label.value.text(in: document)
            return true
        }
        precondition(seen.count == sample.labels.count && seen.count <= 4, "labels are miscounted")
    }
}
