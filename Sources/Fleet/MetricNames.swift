/// Which names of a server's page of figures feed which figure (DESIGN §7). A figure that nothing is said of is missing.
/// Each is the sum of all samples that any of its series means: a replica serves one model.
package struct MetricNames: Hashable, Sendable {
    /// How long requests took, all together, and how many they were.
    package struct Duration: Hashable, Sendable, Codable {
        /// What the sum counts in.
        package enum Unit: String, Hashable, Sendable, Codable, CaseIterable {
            case seconds, milliseconds, microseconds, nanoseconds

            /// How many of it a second has.
            package var perSecond: Double {
                switch self {
                case .seconds: 1
                case .milliseconds: 1e3
                case .microseconds: 1e6
                case .nanoseconds: 1e9
                }
            }
        }

        /// What all requests took together.
        package var sum: [MetricSeries]
        /// How many requests the sum is of.
        package var count: [MetricSeries]
        /// What the sum counts in.
        package var unit: Unit

        /// How long requests took.
        package init(sum: [MetricSeries], count: [MetricSeries], unit: Unit) {
            self.sum = sum
            self.count = count
            self.unit = unit
        }
    }

    /// Requests, failed ones included. They count up.
    package var requests: [MetricSeries]
    /// Requests that failed. They count up.
    package var errors: [MetricSeries]
    /// How long requests took; `nil` when the page does not say.
    package var duration: Duration?
    /// Requests that are being answered now.
    package var inFlight: [MetricSeries]

    /// Which names feed which figure.
    package init(
        requests: [MetricSeries] = [],
        errors: [MetricSeries] = [],
        duration: Duration? = nil,
        inFlight: [MetricSeries] = []
    ) {
        self.requests = requests
        self.errors = errors
        self.duration = duration
        self.inFlight = inFlight
    }

    /// The same, with a model's name for `{model.name}` in the values of labels: a page of all models of a server has this one's
    /// series among others.
    package func naming(model: String) -> MetricNames {
        func named(_ series: [MetricSeries]) -> [MetricSeries] { series.map { $0.naming(model: model) } }
        var names = self
        names.requests = named(requests)
        names.errors = named(errors)
        names.inFlight = named(inFlight)
        if let duration {
            names.duration = Duration(sum: named(duration.sum), count: named(duration.count), unit: duration.unit)
        }
        return names
    }

    /// Whether no figure is named.
    package var isEmpty: Bool { self == MetricNames() }

    /// As canonical bytes write it: series as texts, figures of which nothing is said left out.
    var canonicalValue: JSONValue {
        func list(_ series: [MetricSeries]) -> JSONValue { .array(series.map { .string($0.description) }) }
        var members: [String: JSONValue] = [:]
        for (name, series) in [("requests", requests), ("errors", errors), ("inFlight", inFlight)]
        where !series.isEmpty {
            members[name] = list(series)
        }
        if let duration {
            members["duration"] = .object([
                "sum": list(duration.sum), "count": list(duration.count), "unit": .string(duration.unit.rawValue),
            ])
        }
        return .object(members)
    }
}

extension MetricNames: Codable {
    private enum Key: String, CodingKey { case requests, errors, duration, inFlight }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        requests = try container.decodeIfPresent([MetricSeries].self, forKey: .requests) ?? []
        errors = try container.decodeIfPresent([MetricSeries].self, forKey: .errors) ?? []
        duration = try container.decodeIfPresent(Duration.self, forKey: .duration)
        inFlight = try container.decodeIfPresent([MetricSeries].self, forKey: .inFlight) ?? []
    }

    package func encode(to encoder: any Encoder) throws {
        try canonicalValue.encode(to: encoder)
    }
}
