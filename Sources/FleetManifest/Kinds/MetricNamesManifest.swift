import Fleet

/// `metrics.names` of a runtime, both ways.
enum MetricNamesManifest {
    private static func series(_ name: String, _ purpose: String) -> KeyShape { .optional(name, purpose, seriesList) }

    private static let seriesList = ValueShape.list(
        of: .text(.metricSeries),
        count: 1...ManifestLimits.metricNames,
        isSet: true
    )
    private static let histogram =
        "write `duration: {sum: [NAME_sum], count: [NAME_count], unit: seconds}`, with the names as they stand on the page"

    static let keys = ObjectKeys(
        keys: [
            series("requests", "requests, failed ones included; they count up"),
            series("errors", "requests that failed; they count up"),
            .optional("duration", "how long requests took: of a summary or a histogram", .object(durationKeys)),
            series("inFlight", "requests that are being answered now"),
        ],
        notBuiltYet: ["tokens", "queue", "latency"],
        habits: [
            "request": "write 'requests'", "error": "write 'errors'", "failures": "write 'errors'",
            "inflight": "write 'inFlight'", "in_flight": "write 'inFlight'", "histogram": histogram,
            "summary": histogram,
        ]
    )
    static let durationKeys = ObjectKeys(
        keys: [
            .required(
                "sum",
                "what all requests took together; it counts up",
                seriesList,
                like: "sum: [request_duration_seconds_sum]"
            ),
            .required(
                "count",
                "how many requests the sum is of; it counts up",
                seriesList,
                like: "count: [request_duration_seconds_count]"
            ),
            .required(
                "unit",
                "what the sum counts in",
                .words(MetricNames.Duration.Unit.allCases.map(\.rawValue)),
                like: "unit: seconds"
            ),
        ],
        notBuiltYet: ["bucket", "quantile"],
        habits: ["buckets": histogram, "name": histogram, "histogram": histogram]
    )

    static func read(from metrics: inout ObjectReader) -> MetricNames? {
        metrics.object("names") { reader in
            let names = MetricNames(
                requests: series("requests", from: &reader),
                errors: series("errors", from: &reader),
                duration: duration(from: &reader),
                inFlight: series("inFlight", from: &reader)
            )
            if names.isEmpty, reader.problems.isEmpty {
                reader.report(
                    "names no figure, and so would have no effect",
                    hint: "name at least one of \(keys.accepted.joined(separator: ", ")), or remove 'names'"
                )
            }
            return names
        }
    }

    private static func duration(from names: inout ObjectReader) -> MetricNames.Duration? {
        names.object("duration") { reader in
            let sum = series("sum", from: &reader)
            let count = series("count", from: &reader)
            let unit = reader.word("unit", of: MetricNames.Duration.Unit.self)
            return unit.map { MetricNames.Duration(sum: sum, count: count, unit: $0) }
        }
    }

    private static func series(_ key: String, from reader: inout ObjectReader) -> [MetricSeries] {
        guard reader.has(key) else { return [] }
        var seen: Set<MetricSeries> = []
        let before = reader.problems.count
        let list = reader.list(key) { reader, node, path in
            let text = reader.text(node, path: path, hint: "write it like [http_requests_total]") { text in
                TextShape.metricSeries.rule(text)
                    ?? ((try? MetricSeries(text)).map { seen.insert($0).inserted } == false ? "stands twice" : nil)
            }
            return text.flatMap { try? MetricSeries($0) }
        }
        if let list, list.isEmpty, reader.problems.count == before {
            reader.report("is empty", key: key, hint: "name what is added up, or remove it")
        }
        return list ?? []
    }

    static func node(of names: MetricNames) -> ManifestNode {
        func list(_ series: [MetricSeries]) -> ManifestNode {
            ManifestNode(.array(series.map { .string($0.description) }))
        }
        func optional(_ series: [MetricSeries]) -> ManifestNode? { series.isEmpty ? nil : list(series) }
        return .object([
            "requests": optional(names.requests),
            "errors": optional(names.errors),
            "duration": names.duration.map { duration in
                .object([
                    "sum": list(duration.sum), "count": list(duration.count), "unit": .string(duration.unit.rawValue),
                ])
            },
            "inFlight": optional(names.inFlight),
        ])
    }
}
