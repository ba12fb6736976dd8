import Fleet

/// `kind: Runtime`, both ways.
enum RuntimeManifest {
    private enum Signal: String, CaseIterable { case TERM, INT, QUIT }

    static let keys = ObjectKeys(
        ["driver", "requires", "command", "environment", "ports", "update", "health", "metrics", "stop"],
        notBuiltYet: ["resources", "image", "user", "workingDirectory", "volumes", "args", "logs"]
    )
    private static let stopRange = Span.seconds(0)...Span.seconds(3600)

    static func read(name: String, labels: [String: String], from document: inout ObjectReader) -> RuntimeProfile? {
        document.object("spec", keys: keys) { spec in
            let driver = spec.word(
                "driver",
                of: RuntimeProfile.Driver.self,
                notBuiltYet: ["systemd", "container", "external"]
            )
            let requires = RequirementsManifest.read(from: &spec)
            let ports = ports(from: &spec)
            let template = { TemplateRule.problem(with: $0, ports: ports ?? []) }
            let command = command(from: &spec, template: ports == nil ? { _ in nil } : template)
            let environment = spec.texts(
                "environment",
                limit: ManifestLimits.variables,
                rules: (key: NameRule.problem(withVariable:), value: ports == nil ? { _ in nil } : template)
            )
            let update = update(from: &spec)
            let health = health(from: &spec, ports: ports)
            let metrics = spec.object(
                "metrics",
                required: false,
                keys: ObjectKeys(["port", "path"], notBuiltYet: ["names", "interval"])
            ) { metrics in
                check(from: &metrics, ports: ports, template: template)
                    .map { RuntimeProfile.MetricsSource(port: $0.port, path: $0.path) }
            }
            let stop = stop(from: &spec)
            guard let driver, let ports, let command, let update, let health else { return nil }
            return RuntimeProfile(
                name: name,
                labels: labels,
                driver: driver,
                requires: requires,
                command: command,
                environment: environment,
                ports: ports,
                update: update,
                live: health.live,
                ready: health.ready,
                metrics: metrics,
                stop: stop ?? .standard
            )
        }
    }

    private static func ports(from spec: inout ObjectReader) -> [String]? {
        var seen: Set<String> = []
        let before = spec.problems.count
        let ports = spec.list("ports", limit: ManifestLimits.ports) { spec, node, path in
            spec.text(node, path: path) { name in
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
        let command = spec.list("command", limit: ManifestLimits.arguments) { spec, node, path in
            spec.text(node, path: path, rule: template)
        }
        if let command, spec.problems.count == before, command.first?.isEmpty ?? true {
            spec.report("names no program", key: "command", hint: "write a list: the program, then its arguments")
        }
        return command
    }

    private static func update(from spec: inout ObjectReader) -> RuntimeProfile.Update? {
        guard spec.has("update") else {
            let hint =
                "write `update: sideBySide`: the old replica serves until the new one is proven; or "
                + "`update: recreate` where two do not fit: the old one stops first, with a gap"
            spec.report("'update' is missing; how a revision replaces another must be said", hint: hint)
            return nil
        }
        return spec.word("update", of: RuntimeProfile.Update.self)
    }

    private static func health(
        from spec: inout ObjectReader,
        ports: [String]?
    ) -> (live: RuntimeProfile.HTTPCheck?, ready: RuntimeProfile.HTTPCheck)? {
        let keys = ObjectKeys(["live", "ready"], notBuiltYet: ["startup"])
        return spec.object("health", keys: keys) { health in
            let live = httpCheck("live", required: false, from: &health, ports: ports)
            let ready = httpCheck("ready", required: true, from: &health, ports: ports)
            return ready.map { (live, $0) }
        }
    }

    private static func httpCheck(
        _ key: String,
        required: Bool,
        from health: inout ObjectReader,
        ports: [String]?
    ) -> RuntimeProfile.HTTPCheck? {
        let keys = ObjectKeys(["http"], notBuiltYet: ["tcp", "grpc", "command"])
        return health.object(key, required: required, keys: keys) { outer in
            outer.object("http", keys: ObjectKeys(["port", "path"], notBuiltYet: ["headers", "status", "timeout"])) {
                check(from: &$0, ports: ports) { TemplateRule.problem(with: $0, ports: ports ?? []) }
            }
        }
    }

    private static func check(
        from reader: inout ObjectReader,
        ports: [String]?,
        template: (String) -> String?
    ) -> RuntimeProfile.HTTPCheck? {
        let port = reader.text("port") { name in
            guard let ports, !ports.contains(name) else { return nil }
            let nearest = NearestName.of(name, among: ports).map { "; did you mean '\($0)'?" } ?? ""
            return "is not one of the runtime's ports (\(ports.joined(separator: ", ")))\(nearest)"
        }
        let path = reader.text("path") { HTTPPathRule.problem(with: $0) ?? (ports == nil ? nil : template($0)) }
        guard let port, let path else { return nil }
        return RuntimeProfile.HTTPCheck(port: port, path: path)
    }

    private static func stop(from spec: inout ObjectReader) -> RuntimeProfile.Stop? {
        spec.object("stop", required: false, keys: ObjectKeys(["drain", "signal", "grace"])) { stop in
            let standard = RuntimeProfile.Stop.standard
            let drain = stop.span("drain", in: stopRange)
            let signal = stop.has("signal") ? stop.word("signal", of: Signal.self)?.rawValue : nil
            let grace = stop.span("grace", in: stopRange)
            return RuntimeProfile.Stop(
                drain: drain ?? standard.drain,
                signal: signal ?? standard.signal,
                grace: grace ?? standard.grace
            )
        }
    }

    static func spec(of runtime: RuntimeProfile) -> ManifestNode {
        func http(_ check: RuntimeProfile.HTTPCheck) -> ManifestNode {
            .object(["http": .object(["port": .string(check.port), "path": .string(check.path)])])
        }
        return .object([
            "driver": .string(runtime.driver.rawValue),
            "requires": runtime.requires.map(RequirementsManifest.node(of:)),
            "command": ManifestNode(.array(runtime.command.map { .string($0) })),
            "environment": runtime.environment.isEmpty ? nil : .object(texts: runtime.environment),
            "ports": ManifestNode(.array(runtime.ports.map { .string($0) })),
            "update": .string(runtime.update.rawValue),
            "health": .object(["live": runtime.live.map(http), "ready": http(runtime.ready)]),
            "metrics": runtime.metrics.map { .object(["port": .string($0.port), "path": .string($0.path)]) },
            "stop": .object([
                "drain": .string(runtime.stop.drain.description),
                "signal": .string(runtime.stop.signal),
                "grace": .string(runtime.stop.grace.description),
            ]),
        ])
    }
}
