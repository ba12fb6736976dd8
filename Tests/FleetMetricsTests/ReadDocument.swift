import FleetMetrics

/// A document read whole, with what the reader leaves in place copied out: for comparing.
struct ReadDocument {
    struct Sample: Hashable {
        var name: String
        var labels: [String: String] = [:]
        var value: Double
        var timestamp: Int64?
        var type = MetricType.unknown
        var role = ExpositionSample.Role.value
    }

    var samples: [Sample] = []
    var summary: ExpositionSummary

    init(
        _ text: String,
        limits: ExpositionLimits = ExpositionLimits(),
        dialect: ExpositionDialect? = nil
    ) {
        self.init(Array(text.utf8), limits: limits, dialect: dialect)
    }

    init(_ bytes: [UInt8], limits: ExpositionLimits = ExpositionLimits(), dialect: ExpositionDialect? = nil) {
        var reader = ExpositionReader(limits: limits)
        var samples: [Sample] = []
        summary = reader.read(bytes.span, dialect: dialect) { sample, document in
            var labels: [String: String] = [:]
            sample.labels.forEach(in: document) { label in
                labels[label.name.text(in: document)] = label.value.text(in: document)
                return true
            }
            samples.append(
                Sample(
                    name: sample.name.text(in: document),
                    labels: labels,
                    value: sample.value,
                    timestamp: sample.timestamp,
                    type: sample.type,
                    role: sample.role
                )
            )
        }
        self.samples = samples
    }
}
