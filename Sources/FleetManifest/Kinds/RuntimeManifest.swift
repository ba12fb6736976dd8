import Fleet

/// `kind: Runtime`, both ways.
enum RuntimeManifest {
    private enum Signal: String, CaseIterable { case TERM, INT, QUIT }

    private static let stopRange = Span.seconds(0)...Span.seconds(3600)
    private static let standardStop = RuntimeProfile.Stop.standard
    private static let imageHint = "write `driver: container` and `container: {image: REGISTRY/NAME@sha256:…}`"

    static let keys = ObjectKeys(
        keys: [
            .required(
                "driver",
                "what starts the server; process: a program of the host, held by muster-shim; systemd: a program of the host, as "
                    + "a transient unit of its systemd; container: a container of its Podman or Docker; external: nothing, the "
                    + "server runs already, and models are loaded into it",
                .words(RuntimeProfile.Driver.allCases.map(\.rawValue)),
                like: "driver: process"
            ),
            .optional(
                "requires",
                "commands that must succeed on a host before anything moves there, and the versions they must print",
                .list(of: .object(RequirementsManifest.keys), count: 0...ManifestLimits.requirements)
            ),
            .optional(
                "bundle",
                "the server itself, sent to hosts like a model; its directory there is {runtime.dir}",
                .object(RuntimeBundleManifest.keys)
            ),
            .required(
                "command",
                "the program and its arguments; they are templates; not for `driver: external`",
                .list(of: .text(.template), count: 1...ManifestLimits.arguments),
                like: "command: [mlserver, start, \"{model.dir}\"]"
            ),
            .optional(
                "environment",
                "environment variables; their values are templates, or `{file: PATH}` for the text of a file of the host, such "
                    + "as a secret",
                .variables(limit: ManifestLimits.variables, values: .template)
            ),
            .required(
                "ports",
                "the names of the ports that the agent allocates for each replica; not for `driver: external`",
                .list(of: .text(.name), count: 1...ManifestLimits.ports, isSet: true),
                like: "ports: [http]"
            ),
            .required(
                "update",
                "how one revision replaces another; sideBySide: the old one serves until the new one is proven; "
                    + "recreate, where two do not fit: the old one stops first, with a gap",
                .words(RuntimeProfile.Update.allCases.map(\.rawValue)),
                like: "update: sideBySide"
            ),
            .required(
                "health",
                "how it is asked whether it can answer",
                .object(healthKeys),
                like: "health: {ready: {http: {port: http, path: /ready}}}"
            ),
            .optional("metrics", "where it shows its figures", .object(metricsKeys)),
            .optional("stop", "how it is stopped", .object(stopKeys)),
            .optional("systemd", "what only `driver: systemd` has", .object(systemdKeys)),
            .optional("container", "what only `driver: container` has, and must have", .object(containerKeys)),
            .optional("external", "what only `driver: external` has, and must have", .object(ExternalManifest.keys)),
        ],
        notBuiltYet: ["resources", "user", "workingDirectory", "volumes", "logs"],
        habits: [
            "image": imageHint, "containers": imageHint,
            "imagePullPolicy": "an image is named by its digest, and fetched where it is not there yet",
            "volumeMounts":
                "the model's directory is there under its own path, {model.dir}; nothing else of the host is",
            "args": "write the arguments into 'command', after the program",
            "env": "write 'environment': NAME: value, one a line",
            "port": "write `ports: [http]`: names, for which the agent finds free numbers",
            "readinessProbe": "write `health: {ready: {http: {port: http, path: /ready}}}`",
            "livenessProbe": "write `health: {live: {http: {port: http, path: /live}}}`",
            "resources": "it belongs to the Deployment: 'spec.content.resources'",
            "terminationGracePeriodSeconds": "write `stop: {grace: 30s}`",
            "repository": ExternalManifest.hint, "modelRepository": ExternalManifest.hint,
        ],
        instead: (key: "driver", word: "external", others: ["command", "ports"])
    )
    static let healthKeys = ObjectKeys(
        keys: [
            .optional("live", "whether the server answers at all", .object(checkKeys)),
            .required(
                "ready",
                "whether this model can answer",
                .object(checkKeys),
                like: "ready: {http: {port: http, path: /ready}}"
            ),
        ],
        notBuiltYet: ["startup"],
        habits: [
            "readiness": "write 'ready'", "liveness": "write 'live'", "readinessProbe": "write 'ready'",
            "livenessProbe": "write 'live'", "path": "write `ready: {http: {port: http, path: /ready}}`",
            "http": "write `ready: {http: {port: http, path: /ready}}`",
        ]
    )
    static let checkKeys = ObjectKeys(
        keys: [
            .required(
                "http",
                "which request must answer 200",
                .object(requestKeys),
                like: "http: {port: http, path: /ready}"
            )
        ],
        notBuiltYet: ["tcp", "grpc", "command"],
        habits: [
            "httpGet": "write 'http'", "path": "write `http: {port: http, path: /ready}`",
            "port": "write `http: {port: http, path: /ready}`", "exec": "commands are not built yet: ask with 'http'",
        ]
    )
    static let requestKeys = ObjectKeys(
        keys: [
            .required("port", "one of the names in 'spec.ports'", .text(.name), like: "port: http"),
            .required("path", "the path of the request; a template", .text(.path), like: "path: /ready"),
        ],
        notBuiltYet: ["headers", "status", "timeout"]
    )
    static let metricsKeys = ObjectKeys(
        keys: [
            .required("port", "one of the names in 'spec.ports'", .text(.name), like: "port: metrics"),
            .required("path", "the path of its page of figures; a template", .text(.path), like: "path: /metrics"),
            .optional(
                "names",
                "which names of the page feed which figure; without it those of MLServer and of Triton are known",
                .object(MetricNamesManifest.keys)
            ),
        ],
        notBuiltYet: ["interval"]
    )
    static let stopKeys = ObjectKeys(
        keys: [
            .optional(
                "drain",
                "for how long open connections may go on after it left the endpoint; \(standardStop.drain) unless said",
                .span(stopRange)
            ),
            .optional(
                "signal",
                "which signal asks it to stop; \(standardStop.signal) unless said",
                .words(Signal.allCases.map(\.rawValue))
            ),
            .optional(
                "grace",
                "how long it may take to stop before it is killed; \(standardStop.grace) unless said",
                .span(stopRange)
            ),
        ],
        habits: ["timeout": "write 'grace'"]
    )

    static let systemdKeys = ObjectKeys(
        keys: [
            .optional(
                "user",
                "whom replicas run as: a user of the host, or dynamic, one that systemd makes for each start; the agent's "
                    + "--replica-user unless said, or else dynamic",
                .text(.user)
            ),
            .optional(
                "sandbox",
                "strict: a file system that can only be read, a /tmp of its own; off: none; "
                    + "\(RuntimeProfile.SystemdSettings.standard.sandbox.rawValue) unless said",
                .words(RuntimeProfile.SystemdSettings.Sandbox.allCases.map(\.rawValue))
            ),
        ],
        notBuiltYet: ["properties", "slice"],
        habits: [
            "User": "write 'user'", "DynamicUser": "write `user: dynamic`", "ProtectSystem": "write `sandbox: strict`",
        ]
    )

    static let containerKeys = ObjectKeys(
        keys: [
            .required(
                "image",
                "the image, by the digest of its manifest; 'spec.command' is run in it",
                .text(.image),
                like: "image: registry.example.com/mlserver@sha256:…"
            ),
            .optional(
                "network",
                "host: the host's own, so that its ports are the host's; bridge: the engine's default one, where it has an address "
                    + "of its own, which the endpoint leads to; host unless said",
                .words(RuntimeProfile.ContainerSettings.Network.allCases.map(\.rawValue))
            ),
            .optional(
                "user",
                "whom it runs as, by number: UID, or UID:GID; whom the agent runs replicas as unless said",
                .text(.userNumber)
            ),
            .optional(
                "ports",
                "with `network: bridge`: the numbers of ports that the server has whatever it is told, by their names in "
                    + "'spec.ports'; the agent finds the others",
                .integers(limit: ManifestLimits.ports, keys: .name, values: 1...65_535)
            ),
        ],
        notBuiltYet: ["volumes", "devices", "capabilities", "workingDirectory", "auth"],
        habits: [
            "tag": "write 'image' with its digest: a tag can be moved",
            "privileged": "no container gets privileges here",
            "args": "write 'spec.command': the program, then its arguments",
            "command": "write 'spec.command': the program, then its arguments",
            "entrypoint": "write 'spec.command': the program, then its arguments", "env": "write 'spec.environment'",
            "environment": "write 'spec.environment'",
            "resources": "it belongs to the Deployment: 'spec.content.resources'",
            "runAsUser": "write `user: \"1000\"`", "networkMode": "write 'network'",
            "hostNetwork": "write `network: host`",
        ]
    )

    static func read(
        name: String,
        labels: [String: String],
        bundle rule: ManifestBatch.BundleRule,
        from document: inout ObjectReader
    ) -> RuntimeProfile? {
        document.object("spec") { spec in
            let driver = spec.word("driver", of: RuntimeProfile.Driver.self)
            let external = ExternalManifest.read(from: &spec, driver: driver)
            let requires = RequirementsManifest.read(from: &spec)
            let bundle = RuntimeBundleManifest.read(from: &spec, rule: rule)
            let isExternal = driver == .external
            let ports = isExternal ? external?.ports.names : ports(from: &spec)
            let template = { TemplateRule.problem(with: $0, ports: ports ?? []) }
            let command = isExternal ? [] : command(from: &spec, template: ports == nil ? { _ in nil } : template)
            let environment = spec.variables("environment", template: ports == nil ? { _ in nil } : template)
            let update = spec.word("update", of: RuntimeProfile.Update.self)
            let health = health(from: &spec, ports: ports)
            let metrics = spec.object("metrics") { metrics in
                let names = MetricNamesManifest.read(from: &metrics)
                return check(from: &metrics, ports: ports, template: template)
                    .map { RuntimeProfile.MetricsSource(port: $0.port, path: $0.path, names: names) }
            }
            let stop = stop(from: &spec)
            let systemd = systemd(from: &spec, driver: driver)
            RuntimeBundleManifest.checkUse(in: &spec)
            let container = container(from: &spec, driver: driver, ports: ports, requires: requires, bundle: bundle)
            if isExternal { ExternalManifest.checkEffects(in: &spec, health?.live, health?.ready, metrics) }
            guard let driver, let ports, let command, let update, let health else { return nil }
            return RuntimeProfile(
                name: name,
                labels: labels,
                driver: driver,
                requires: requires,
                bundle: bundle,
                command: command,
                environment: environment,
                ports: ports,
                update: update,
                live: health.live,
                ready: health.ready,
                metrics: metrics,
                stop: stop ?? .standard,
                systemd: systemd,
                container: container,
                external: external
            )
        }
    }

    private static let portHint = "write a name, like http; the agent finds the number"

    private static func ports(from spec: inout ObjectReader) -> [String]? {
        var seen: Set<String> = []
        let before = spec.problems.count
        let ports = spec.list("ports") { spec, node, path in
            spec.text(node, path: path, hint: portHint) { name in
                NameRule.problem(withName: name) ?? (seen.insert(name).inserted ? nil : "stands twice")
            }
        }
        if let ports, ports.isEmpty, spec.problems.count == before {
            spec.report("is empty", key: "ports", hint: "name at least the port that 'health.ready' asks")
        }
        // Without sound names, complaining about what refers to them would only be noise.
        return spec.problems.count == before ? ports : nil
    }

    private static func command(from spec: inout ObjectReader, template: (String) -> String?) -> [String]? {
        let before = spec.problems.count
        let command = spec.list("command") { spec, node, path in
            spec.text(node, path: path, rule: template)
        }
        if let command, spec.problems.count == before, command.first?.isEmpty ?? true {
            spec.report("names no program", key: "command", hint: "write a list: the program, then its arguments")
        }
        return command
    }

    private static func health(
        from spec: inout ObjectReader,
        ports: [String]?
    ) -> (live: RuntimeProfile.HTTPCheck?, ready: RuntimeProfile.HTTPCheck)? {
        spec.object("health") { health in
            let live = httpCheck("live", from: &health, ports: ports)
            let ready = httpCheck("ready", from: &health, ports: ports)
            return ready.map { (live, $0) }
        }
    }

    private static func httpCheck(
        _ key: String,
        from health: inout ObjectReader,
        ports: [String]?
    ) -> RuntimeProfile.HTTPCheck? {
        health.object(key) { outer in
            outer.object("http") {
                check(from: &$0, ports: ports) { TemplateRule.problem(with: $0, ports: ports ?? []) }
            }
        }
    }

    private static func check(
        from reader: inout ObjectReader,
        ports: [String]?,
        template: (String) -> String?
    ) -> RuntimeProfile.HTTPCheck? {
        let hint = "write one of the names in 'spec.ports'" + (ports.map { ": \($0.joined(separator: ", "))" } ?? "")
        let port = reader.text("port", hint: hint) { name in
            guard let ports, !ports.contains(name) else { return nil }
            let nearest = NearestName.of(name, among: ports).map { "; did you mean '\($0)'?" } ?? ""
            return "is not one of the runtime's ports (\(ports.joined(separator: ", ")))\(nearest)"
        }
        let path = reader.text("path") { HTTPPathRule.problem(with: $0) ?? (ports == nil ? nil : template($0)) }
        guard let port, let path else { return nil }
        return RuntimeProfile.HTTPCheck(port: port, path: path)
    }

    private static func stop(from spec: inout ObjectReader) -> RuntimeProfile.Stop? {
        spec.object("stop") { stop in
            let drain = stop.span("drain")
            let signal = stop.word("signal", of: Signal.self)?.rawValue
            let grace = stop.span("grace")
            return RuntimeProfile.Stop(
                drain: drain ?? standardStop.drain,
                signal: signal ?? standardStop.signal,
                grace: grace ?? standardStop.grace
            )
        }
    }

    private static func systemd(
        from spec: inout ObjectReader,
        driver: RuntimeProfile.Driver?
    ) -> RuntimeProfile.SystemdSettings? {
        let settings = spec.object("systemd") { systemd in
            let user = systemd.text("user")
            let sandbox = systemd.word("sandbox", of: RuntimeProfile.SystemdSettings.Sandbox.self)
            return RuntimeProfile.SystemdSettings(
                user: user,
                sandbox: sandbox ?? RuntimeProfile.SystemdSettings.standard.sandbox
            )
        }
        if settings != nil, let driver, driver != .systemd {
            spec.report(
                "has no effect with `driver: \(driver.rawValue)`",
                key: "systemd",
                hint: "write `driver: systemd`, or remove it"
            )
        }
        return settings
    }

    private static func container(
        from spec: inout ObjectReader,
        driver: RuntimeProfile.Driver?,
        ports names: [String]?,
        requires: [RuntimeRequirement],
        bundle: RuntimeBundle?
    ) -> RuntimeProfile.ContainerSettings? {
        let before = spec.problems.count
        let settings = spec.object("container") { container -> RuntimeProfile.ContainerSettings? in
            let image = container.text("image")
            let network = container.word(
                "network",
                of: RuntimeProfile.ContainerSettings.Network.self
            )
            let user = container.text("user")
            let ports = fixedPorts(from: &container, of: names, network: network)
            return image.map {
                RuntimeProfile.ContainerSettings(image: $0, network: network ?? .host, user: user, ports: ports)
            }
        }
        guard let driver else { return settings }
        if driver != .container, settings != nil {
            spec.report(
                "has no effect with `driver: \(driver.rawValue)`",
                key: "container",
                hint: "write `driver: container`, or remove it"
            )
        }
        guard driver == .container else { return settings }
        if settings == nil, spec.problems.count == before {
            spec.report(
                "'container' is missing",
                hint: "write `container: {image: REGISTRY/NAME@sha256:…}`, or another driver"
            )
        }
        if !requires.isEmpty {
            spec.report(
                "has no effect with `driver: container`: what the server needs is in its image",
                key: "requires",
                hint: "remove it"
            )
        }
        if bundle != nil {
            spec.report(
                "has no effect with `driver: container`: the model server is in its image",
                key: "bundle",
                hint: "remove it, or write another driver"
            )
        }
        return settings
    }

    /// The ports that a server has whatever it is told.
    private static func fixedPorts(
        from container: inout ObjectReader,
        of names: [String]?,
        network: RuntimeProfile.ContainerSettings.Network?
    ) -> [String: UInt16] {
        let ports = container.integers("ports") { name in
            guard let names, !names.contains(name) else { return nil }
            return "is not one of the runtime's ports (\(names.joined(separator: ", ")))"
        }
        if container.has("ports"), network != .bridge {
            container.report(
                "has no effect without `network: bridge`: in the host's network the agent finds free numbers",
                key: "ports",
                hint: "write `network: bridge`, or remove it and let the server listen on {port.NAME}"
            )
        }
        if Set(ports.values).count < ports.count {
            container.report("gives one number to two ports", key: "ports", hint: "write a number of its own for each")
        }
        return ports.mapValues { UInt16($0) }
    }

    static func spec(of runtime: RuntimeProfile) -> ManifestNode {
        func http(_ check: RuntimeProfile.HTTPCheck) -> ManifestNode {
            .object(["http": .object(["port": .string(check.port), "path": .string(check.path)])])
        }
        let isStarted = runtime.driver != .external
        return .object([
            "driver": .string(runtime.driver.rawValue),
            "requires": runtime.requires.map(RequirementsManifest.node(of:)),
            "bundle": runtime.bundle.map(RuntimeBundleManifest.node(of:)),
            "command": isStarted ? ManifestNode(.array(runtime.command.map { .string($0) })) : nil,
            "environment": runtime.environment.isEmpty ? nil : VariableManifest.node(of: runtime.environment),
            "ports": isStarted ? ManifestNode(.array(runtime.ports.map { .string($0) })) : nil,
            "update": .string(runtime.update.rawValue),
            "health": .object(["live": runtime.live.map(http), "ready": http(runtime.ready)]),
            "metrics": runtime.metrics.map { metrics in
                .object([
                    "port": .string(metrics.port), "path": .string(metrics.path),
                    "names": metrics.names.map(MetricNamesManifest.node(of:)),
                ])
            },
            "stop": isStarted
                ? .object([
                    "drain": .string(runtime.stop.drain.description),
                    "signal": .string(runtime.stop.signal),
                    "grace": .string(runtime.stop.grace.description),
                ]) : nil,
            "systemd": runtime.systemd.map { settings in
                .object(["user": settings.user.map { .string($0) }, "sandbox": .string(settings.sandbox.rawValue)])
            },
            "container": runtime.container.map { settings in
                .object([
                    "image": .string(settings.image), "network": .string(settings.network.rawValue),
                    "user": settings.user.map { .string($0) },
                    "ports": settings.ports.map { .object(numbers: $0) },
                ])
            },
            "external": runtime.external.map(ExternalManifest.node(of:)),
        ])
    }
}
