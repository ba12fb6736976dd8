/// How the names of one kind of server map to ``Figure``: data, not code (DESIGN §7). Every sample of a name is added
/// up, whatever its labels: a replica serves one model. Names that no profile knows are dropped on the host.
package struct MetricProfile: Hashable, Sendable {
    /// One name that counts.
    package struct Rule: Hashable, Sendable {
        /// The sample's whole name.
        package var name: String
        /// What it adds to.
        package var figures: [Figure]
        /// What the value is multiplied by, to be in the figure's unit.
        package var scale: Double

        /// A rule.
        package init(_ name: String, _ figures: [Figure], scale: Double = 1) {
            self.name = name
            self.figures = figures
            self.scale = scale
        }
    }

    /// The server.
    package var server: String
    /// Its names.
    package var rules: [Rule]

    /// A profile.
    package init(server: String, rules: [Rule]) {
        self.server = server
        self.rules = rules
    }

    /// MLServer 1.3 to 1.7. The duration is a summary of count and sum alone, failed requests included.
    package static let mlserver = MetricProfile(
        server: "mlserver",
        rules: [
            Rule("model_infer_request_success_total", [.requests]),
            Rule("model_infer_request_failure_total", [.requests, .errors]),
            Rule("model_infer_request_duration_sum", [.latencySum]),
            Rule("model_infer_request_duration_count", [.latencyCount]),
            Rule("rest_server_requests_in_progress", [.inFlight]),
        ]
    )

    /// Triton Inference Server 2.x
    /// (https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/metrics.html). The
    /// duration is of successful requests.
    package static let triton = MetricProfile(
        server: "triton",
        rules: [
            Rule("nv_inference_request_success", [.requests, .latencyCount]),
            Rule("nv_inference_request_failure", [.requests, .errors]),
            Rule("nv_inference_request_duration_us", [.latencySum], scale: 1e-6),
            Rule("nv_inference_pending_request_count", [.inFlight]),
        ]
    )

    /// The servers that are known. Their names differ, so that one pass serves all.
    package static let builtIn = [mlserver, triton]
}
