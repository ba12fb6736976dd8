package import Fleet

/// How the names of a server's page map to ``Figure`` (DESIGN §7). Names that no rule knows are dropped on the host.
package struct MetricProfile: Hashable, Sendable {
    /// Which samples feed one figure.
    package struct Rule: Hashable, Sendable {
        /// What they add to.
        package var figure: Figure
        /// Which samples; each counts once, however many of these mean it.
        package var series: [MetricSeries]
        /// What a value is multiplied by, to be in the figure's unit.
        package var scale: Double
    }

    /// What feeds what.
    package var rules: [Rule]

    /// A profile of some names.
    package init(_ names: MetricNames) {
        rules = [
            Rule(figure: .requests, series: names.requests, scale: 1),
            Rule(figure: .errors, series: names.errors, scale: 1),
            Rule(figure: .inFlight, series: names.inFlight, scale: 1),
        ]
        if let duration = names.duration {
            rules.append(Rule(figure: .latencySum, series: duration.sum, scale: 1 / duration.unit.perSecond))
            rules.append(Rule(figure: .latencyCount, series: duration.count, scale: 1))
        }
        rules.removeAll(where: \.series.isEmpty)
    }

    private init(rules: [Rule]) {
        self.rules = rules
    }

    /// The servers that are known without a word in their runtime. Their names differ, so that one pass serves all.
    package static let builtIn = MetricProfile(rules: [mlserver, triton].flatMap { MetricProfile($0).rules })

    /// MLServer 1.3 to 1.7. The duration is a summary of count and sum alone, failed requests included.
    package static let mlserver = MetricNames(
        requests: [.named("model_infer_request_success_total"), .named("model_infer_request_failure_total")],
        errors: [.named("model_infer_request_failure_total")],
        duration: .init(
            sum: [.named("model_infer_request_duration_sum")],
            count: [.named("model_infer_request_duration_count")],
            unit: .seconds
        ),
        inFlight: [.named("rest_server_requests_in_progress")]
    )

    /// Triton Inference Server 2.x
    /// (https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/metrics.html). The
    /// duration is of successful requests.
    package static let triton = MetricNames(
        requests: [.named("nv_inference_request_success"), .named("nv_inference_request_failure")],
        errors: [.named("nv_inference_request_failure")],
        duration: .init(
            sum: [.named("nv_inference_request_duration_us")],
            count: [.named("nv_inference_request_success")],
            unit: .microseconds
        ),
        inFlight: [.named("nv_inference_pending_request_count")]
    )
}

extension MetricSeries {
    /// Whether a sample is meant.
    func means(_ sample: ExpositionSample, in document: Swift.Span<UInt8>) -> Bool {
        guard sample.name.equals(name, in: document) else { return false }
        for condition in conditions {
            let value = sample.labels.value(of: condition.label, in: document)?.text(in: document) ?? ""
            guard (value == condition.value) == condition.isEqual else { return false }
        }
        return true
    }
}
