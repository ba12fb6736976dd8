import Fleet

/// `kind: Deployment`, both ways.
enum DeploymentManifest {
    private static let perHost = "remove it: one replica runs on each host that 'spec.scope.hosts' selects"
    private static let selectorHabit = "write it as 'spec.scope.hosts', like `hosts: \"env=prod, site in (lyon, ulm)\"`"
    private static let runtimeHabit = "it belongs to the Runtime that 'spec.content.runtime' names"

    static let keys = ObjectKeys(
        keys: [
            .required(
                "content",
                "what runs; only a change of this part makes a revision",
                .object(contentKeys),
                like: "content: {model: {name: fraud, version: 1.2.0}, runtime: mlserver}"
            ),
            .required("scope", "on which hosts it runs", .object(scopeKeys), like: "scope: {hosts: \"env=prod\"}"),
            .optional("policy", "how it changes", .object(PolicyManifest.keys)),
        ],
        notBuiltYet: ["paused"],
        habits: [
            "replicas": perHost, "replica": perHost, "count": perHost,
            "selector": selectorHabit, "hosts": selectorHabit, "nodeSelector": selectorHabit,
            "template": "write 'spec.content': a model version and a runtime, not a pod",
            "strategy": "write 'spec.policy.rollout', like `rollout: {waves: [1, 10%, 100%]}`",
            "driver": runtimeHabit, "command": runtimeHabit, "ports": runtimeHabit, "health": runtimeHabit,
        ]
    )
    static let contentKeys = ObjectKeys(
        keys: [
            .required(
                "model",
                "which model, and which version of it",
                .object(modelKeys),
                like: "model: {name: fraud, version: 1.2.0}"
            ),
            .required("runtime", "how it is served: the name of a Runtime", .text(.name), like: "runtime: mlserver"),
            .optional(
                "environment",
                "environment variables beside the runtime's own; values are templates, or `{file: PATH}` for the text of a file "
                    + "of the host, such as a secret",
                .variables(limit: ManifestLimits.variables, values: anyPorts)
            ),
            .optional(
                "resources",
                "what one replica gets at most; nothing is limited that is not said",
                .object(ResourcesManifest.keys)
            ),
        ],
        notBuiltYet: ["secrets"],
        habits: [
            "env": "write 'environment': NAME: value, one a line", "image": runtimeHabit, "command": runtimeHabit,
            "args": runtimeHabit, "ports": runtimeHabit, "driver": runtimeHabit, "replicas": perHost,
            "version": "it belongs to 'spec.content.model'", "containers": "write 'runtime': the name of a Runtime",
        ]
    )
    static let modelKeys = ObjectKeys(
        keys: [
            .required("name", "the name of a Model", .text(.name), like: "name: fraud"),
            .required(
                "version",
                "one of its versions, as its ModelVersion says",
                .text(.version),
                like: "version: 1.2.0"
            ),
        ],
        habits: ["bundle": "remove it: the ModelVersion has it"]
    )
    static let scopeKeys = ObjectKeys(
        keys: [
            .required(
                "hosts",
                "a selector of the hosts' labels; one replica runs on each",
                .text(.selector),
                like: "hosts: \"env=prod, site in (lyon, ulm)\""
            ),
            .optional("endpoint", "the stable port on each host", .object(endpointKeys)),
        ],
        notBuiltYet: ["count"],
        habits: ["selector": "write 'hosts'", "replicas": perHost, "port": "write `endpoint: {port: 8080, to: http}`"]
    )
    static let endpointKeys = ObjectKeys(
        keys: [
            .required("port", "the port that clients use", .integer(1...65_535), like: "port: 8080"),
            .required("to", "the name of the runtime's port behind it", .text(.name), like: "to: http"),
        ],
        notBuiltYet: ["address", "protocol"],
        habits: ["targetPort": "write 'to': the name of the runtime's port"]
    )
    private static let anyPorts = TextShape(
        "template",
        purpose: TextShape.template.purpose,
        lengths: TextShape.template.lengths,
        rule: TemplateRule.problem(withAnyPorts:)
    )

    static func read(name: String, labels: [String: String], from document: inout ObjectReader) -> Deployment? {
        document.object("spec") { spec in
            let content = spec.object("content", read: content(from:))
            let scope = spec.object("scope", read: scope(from:))
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
        let model = content.object("model") { model in
            let name = model.text("name")
            let version = model.text("version")
            return name.flatMap { name in version.map { (name: name, version: $0) } }
        }
        let runtime = content.text("runtime")
        let environment = content.variables("environment")
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
        let endpoint = scope.object("endpoint") { endpoint in
            let port = endpoint.integer("port")
            let to = endpoint.text("to")
            return port.flatMap { port in to.map { Endpoint(port: UInt16(port), to: $0) } }
        }
        return selector.map { Deployment.Scope(hosts: $0, endpoint: endpoint) }
    }

    private static func selector(from scope: inout ObjectReader) -> LabelSelector? {
        let hint = "write conditions like \"env=prod, site in (lyon, ulm), !retired\"; \"\" selects every host"
        guard let node = scope.node("hosts"), let text = text(of: node, from: &scope) else { return nil }
        do throws(LabelSelector.Problem) {
            return try LabelSelector(text)
        } catch {
            let problem = ManifestProblem(
                "not a selector, at character \(error.offset + 1): \(error.message)",
                path: scope.path.appending("hosts"),
                place: node.textPlace?.advanced(by: error.offset) ?? node.place ?? scope.place,
                hint: hint,
                about: scopeKeys.shape(of: "hosts")
            )
            scope.report(problem)
            return nil
        }
    }

    /// Labels as Kubernetes writes them (`matchLabels`, a map, a list) are no text; the selector they mean is named.
    private static func text(of node: ManifestNode, from scope: inout ObjectReader) -> String? {
        guard case .object(let members) = node.value else {
            let hint =
                "write conditions on labels as one text, like \"env=prod, site in (lyon, ulm)\"; \"\" selects every host"
            return scope.text("hosts", hint: hint) { _ in nil }
        }
        let labels = node["matchLabels"].flatMap { inner -> [ManifestNode.Member]? in
            if case .object(let members) = inner.value { members } else { nil }
        }
        let pairs = (labels ?? members).map { member -> String in
            if case .string(let value) = member.value.value { return "\(member.key)=\(value)" }
            return member.key
        }
        let hint = "write it as one text: \"\(pairs.prefix(8).joined(separator: ", "))\""
        scope.report("must be a text, and is an object", key: "hosts", hint: hint)
        return nil
    }

    static func spec(of deployment: Deployment) -> ManifestNode {
        let content = deployment.content
        return .object([
            "content": .object([
                "model": .object(["name": .string(content.model), "version": .string(content.version)]),
                "runtime": .string(content.runtime),
                "environment": content.environment.isEmpty ? nil : VariableManifest.node(of: content.environment),
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
