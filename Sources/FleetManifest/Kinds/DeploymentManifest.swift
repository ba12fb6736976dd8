import Fleet

/// `kind: Deployment`, both ways.
enum DeploymentManifest {
    static let contentKeys = ObjectKeys(
        ["model", "runtime", "environment", "resources"],
        notBuiltYet: ["secrets"]
    )

    static func read(name: String, labels: [String: String], from document: inout ObjectReader) -> Deployment? {
        document.object("spec", keys: ObjectKeys(["content", "scope", "policy"], notBuiltYet: ["paused"])) { spec in
            let content = spec.object("content", keys: contentKeys, read: content(from:))
            let scope = spec.object(
                "scope",
                keys: ObjectKeys(["hosts", "endpoint"], notBuiltYet: ["count", "spread"]),
                read: scope(from:)
            )
            let policy = PolicyManifest.read(from: &spec)
            guard let content, let scope else { return nil }
            return Deployment(
                name: name,
                labels: labels,
                content: content,
                scope: scope,
                policy: policy ?? Deployment.Policy()
            )
        }
    }

    private static func content(from content: inout ObjectReader) -> Deployment.Content? {
        let model = content.object("model", keys: ObjectKeys(["name", "version"])) { model in
            let name = model.text("name", rule: NameRule.problem(withName:))
            let version = model.text("version", rule: NameRule.problem(withVersion:))
            return name.flatMap { name in version.map { (name: name, version: $0) } }
        }
        let runtime = content.text("runtime", rule: NameRule.problem(withName:))
        let environment = content.texts(
            "environment",
            limit: ManifestLimits.variables,
            rules: (key: NameRule.problem(withVariable:), value: TemplateRule.problem(withAnyPorts:))
        )
        let resources = ResourcesManifest.read(from: &content)
        guard let model, let runtime else { return nil }
        return Deployment.Content(
            model: model.name,
            version: model.version,
            runtime: runtime,
            environment: environment,
            resources: resources
        )
    }

    private static func scope(from scope: inout ObjectReader) -> Deployment.Scope? {
        let selector = selector(from: &scope)
        let endpoint = scope.object(
            "endpoint",
            required: false,
            keys: ObjectKeys(["port", "to"], notBuiltYet: ["address", "protocol"])
        ) { endpoint in
            let port = endpoint.integer("port", in: 1...65_535)
            let to = endpoint.text("to", rule: NameRule.problem(withName:))
            return port.flatMap { port in to.map { Endpoint(port: UInt16(port), to: $0) } }
        }
        return selector.map { Deployment.Scope(hosts: $0, endpoint: endpoint) }
    }

    private static func selector(from scope: inout ObjectReader) -> LabelSelector? {
        let hint = "write conditions like \"env=prod, site in (lyon, ulm), !retired\"; \"\" selects every host"
        guard let node = scope.node("hosts") else {
            scope.report("'hosts' is missing", hint: hint)
            return nil
        }
        guard let text = scope.text("hosts", rule: { _ in nil }) else { return nil }
        do throws(LabelSelector.Problem) {
            return try LabelSelector(text)
        } catch {
            let problem = ManifestProblem(
                "not a selector: \(error.message), at character \(error.offset + 1)",
                path: scope.path.appending("hosts"),
                place: node.textPlace?.advanced(by: error.offset) ?? node.place ?? scope.place,
                hint: hint
            )
            scope.report(problem)
            return nil
        }
    }

    static func spec(of deployment: Deployment) -> ManifestNode {
        let content = deployment.content
        return .object([
            "content": .object([
                "model": .object(["name": .string(content.model), "version": .string(content.version)]),
                "runtime": .string(content.runtime),
                "environment": content.environment.isEmpty ? nil : .object(texts: content.environment),
                "resources": content.resources.map(ResourcesManifest.node(of:)),
            ]),
            "scope": .object([
                "hosts": .string(deployment.scope.hosts.text),
                "endpoint": deployment.scope.endpoint.map {
                    .object(["port": ManifestNode(.number(String($0.port))), "to": .string($0.to)])
                },
            ]),
            "policy": PolicyManifest.node(of: deployment.policy),
        ])
    }
}
