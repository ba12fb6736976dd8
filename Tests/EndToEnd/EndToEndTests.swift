import Testing

/// The programs as they are, with real peers: MLServer, Python's grpcio, curl and openssl.
@Suite(.serialized, .enabled(if: Script.python != nil, "run Deploy/scripts/test: it makes the Python environments"))
struct EndToEndTests {
    /// The demo's story, on addresses and ports of its own, so that a demo can be left running meanwhile.
    @Test(.timeLimit(.minutes(10))) func story() async throws {
        let script = Script(
            name: "demo",
            arguments: ["bash", "Deploy/scripts/demo"],
            environment: [
                "MUSTER_DEMO_SUBNET": "10.92.0",
                "MUSTER_DEMO_ADDRESSES": "127.0.0.21 127.0.0.22 127.0.0.23",
                "MUSTER_DEMO_AGENTS": "127.0.0.20:17443",
                "MUSTER_DEMO_API": "127.0.0.20:17444",
            ]
        )
        try await script.mustSucceed()
    }

    /// The other one: a wrong version is taken back from the whole fleet, while a host is cut off.
    @Test(.timeLimit(.minutes(15))) func takeTheFleetBack() async throws {
        let script = Script(
            name: "demo --rollback",
            arguments: ["bash", "Deploy/scripts/demo", "--rollback"],
            environment: [
                "MUSTER_DEMO_SUBNET": "10.93.0",
                "MUSTER_DEMO_ADDRESSES": "127.0.0.31 127.0.0.32 127.0.0.33",
                "MUSTER_DEMO_AGENTS": "127.0.0.30:17443",
                "MUSTER_DEMO_API": "127.0.0.30:17444",
            ]
        )
        try await script.mustSucceed()
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            "test_agent", "test_endpoint", "test_endpoint_load", "test_takeover", "test_full_disk", "test_hostile",
            "test_bad_input", "test_rollout",
            "test_telemetry", "test_probe", "test_kills", "test_pages", "test_policy",
            "test_bundles", "test_external.External", "test_external.Interrupted", "test_external.Unanswered",
            "test_schemathesis",
        ]
    )
    func peer(_ module: String) async throws {
        let script = Script(
            name: module,
            arguments: [Script.python ?? "python3", "-m", "unittest", "--verbose", module],
            directory: "Tests/EndToEnd/peers",
            environment: ["PYTHONDONTWRITEBYTECODE": "1"]
        )
        let report = UnittestReport(try await script.mustSucceed())
        // What was left out must not look like what passed. Of a case that is cancelled the console tells nothing.
        if let reason = report.reasonForNothing {
            print("SKIPPED: \(module), all \(report.count) tests: \(reason)")
            try Test.cancel("\(reason)")
        }
        for skip in report.skips { print("SKIPPED in \(module): \(skip.test): \(skip.reason)") }
    }
}
