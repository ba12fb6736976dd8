import Fleet

/// What a runtime says with `driver: external`, both ways.
enum ExternalManifest {
    static let hint = "write `driver: external` and `external: {ports: {http: 8000}, repository: /srv/triton/models}`"

    private static let portRange: ClosedRange<Int64> = 1...65535
    /// What says how a server is started, held or stopped: with a server that runs already it would say nothing.
    private static let started: [(key: String, why: String)] = [
        ("command", "the server runs already"), ("environment", "the server runs already, with its own variables"),
        ("ports", "the server has its own: name them in 'external.ports'"),
        ("bundle", "the server runs already"), ("stop", "the server goes on, and the model is unloaded"),
    ]

    static let keys = ObjectKeys(
        keys: [
            .optional(
                "address",
                "where the server listens; loopback: 127.0.0.1, among others perhaps; host: the host's own address; loopback "
                    + "unless said",
                .words(RuntimeProfile.ExternalSettings.Address.allCases.map(\.rawValue))
            ),
            .required(
                "ports",
                "the server's own ports",
                .object(portKeys),
                like: "ports: {http: 8000, metrics: 8002}"
            ),
            .required(
                "repository",
                "the directory on the host out of which it loads its models, as the agent sees it",
                .text(.hostFile),
                like: "repository: /srv/triton/models"
            ),
        ],
        notBuiltYet: ["user", "password", "token", "tls", "protocol"],
        habits: [
            "url": "write `address: loopback` and `ports: {http: 8000}`: a server elsewhere has an agent of its own",
            "host": "write `address: loopback`, or host: a server elsewhere has an agent of its own",
            "port": "write `ports: {http: 8000}`",
            "modelRepository": "write `repository: /srv/triton/models`",
        ]
    )
    private static let portKeys = ObjectKeys(
        keys: [
            .required(
                "http",
                "where it speaks the Open Inference Protocol over HTTP, with its repository extension",
                .integer(portRange),
                like: "http: 8000"
            ),
            .optional("metrics", "where it shows its figures", .integer(portRange)),
        ],
        notBuiltYet: ["grpc"]
    )

    static func read(
        from spec: inout ObjectReader,
        driver: RuntimeProfile.Driver?
    ) -> RuntimeProfile.ExternalSettings? {
        let settings = spec.object("external") { external -> RuntimeProfile.ExternalSettings? in
            let address = external.word("address", of: RuntimeProfile.ExternalSettings.Address.self)
            let ports = external.object("ports") { ports -> RuntimeProfile.ExternalSettings.Ports? in
                let http = ports.integer("http").map { UInt16($0) }
                let metrics = ports.has("metrics") ? ports.integer("metrics").map { UInt16($0) } : nil
                if let http, http == metrics {
                    ports.report("is the port of 'http' too", key: "metrics", hint: "write the other one, or remove it")
                }
                return http.map { RuntimeProfile.ExternalSettings.Ports(http: $0, metrics: metrics) }
            }
            guard let ports, let repository = external.text("repository") else { return nil }
            return RuntimeProfile.ExternalSettings(
                address: address ?? .loopback,
                ports: ports,
                repository: repository
            )
        }
        guard let driver else { return settings }
        if driver != .external, spec.has("external") {
            spec.report(
                "has no effect with `driver: \(driver.rawValue)`",
                key: "external",
                hint: "write `driver: external`, or remove it"
            )
        }
        if driver == .external, !spec.has("external") {
            spec.report(
                "'external' is missing",
                hint: "write `external: {ports: {http: 8000}, repository: /srv/triton/models}`, or another driver"
            )
        }
        return settings
    }

    /// Tells what has no effect on a server that runs already.
    static func checkEffects(
        in spec: inout ObjectReader,
        _ live: RuntimeProfile.HTTPCheck?,
        _ ready: RuntimeProfile.HTTPCheck?,
        _ metrics: RuntimeProfile.MetricsSource?
    ) {
        for (key, why) in started where spec.has(key) {
            spec.report("has no effect with `driver: external`: \(why)", key: key, hint: "remove it")
        }
        if live != nil {
            spec.report(
                "has a 'live' check, which has no effect with `driver: external`: nobody here would start the server again",
                key: "health",
                hint: "remove 'live'"
            )
        }
        if let ready, !ready.path.contains("{model.name}") {
            spec.report(
                "asks '\(ready.path)' whether it is ready, which names no model: a version has another name until it is proven",
                key: "health",
                hint: "ask for it by its name, like /v2/models/{model.name}/ready"
            )
        }
        if let metrics, metrics.names == nil {
            spec.report(
                "does not say which series are this model's: the server's page is of all models that it holds",
                key: "metrics",
                hint: "write `names: {requests: ['nv_inference_count{model=\"{model.name}\"}']}`, and so on"
            )
        }
    }

    static func node(of settings: RuntimeProfile.ExternalSettings) -> ManifestNode {
        .object([
            "address": .string(settings.address.rawValue),
            "ports": .object([
                "http": ManifestNode(.number("\(settings.ports.http)")),
                "metrics": settings.ports.metrics.map { ManifestNode(.number("\($0)")) },
            ]),
            "repository": .string(settings.repository),
        ])
    }
}
