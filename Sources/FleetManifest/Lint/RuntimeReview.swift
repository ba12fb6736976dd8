package import Fleet

/// Finds what is legal and unwise in a runtime: what the strict reader cannot refuse, since somebody may want it.
package struct RuntimeReview {
    private let runtime: RuntimeProfile
    private let document: ManifestNode
    /// The server, as far as its command and what it requires tell.
    private let server: KnownServer?
    private var warnings: [RuntimeWarning] = []

    /// What is unwise in a runtime that was read from a document, in the order of a reader's eye.
    package static func warnings(of runtime: RuntimeProfile, in document: ManifestNode) -> [RuntimeWarning] {
        var review = RuntimeReview(runtime: runtime, document: document)
        review.run()
        return review.warnings.enumerated().sorted { left, right in
            let (first, second) = (left.element.problem.place, right.element.problem.place)
            return (first?.line ?? 0, first?.column ?? 0, left.offset) < (
                second?.line ?? 0, second?.column ?? 0, right.offset
            )
        }.map(\.element)
    }

    private init(runtime: RuntimeProfile, document: ManifestNode) {
        self.runtime = runtime
        self.document = document
        server = KnownServer.of(runtime)
    }

    private mutating func run() {
        let isStarted = runtime.driver != .external
        if isStarted {
            checkPorts()
            checkAddress()
        }
        checkHealth()
        if isStarted { checkStop() }
        checkMetrics()
        if isStarted {
            checkCommand()
            checkSecrets()
        }
        // What brings all that it needs, as a container's image does, has nothing to ask for; nor has what runs already.
        guard isStarted, runtime.requires == nil, runtime.bundle?.install != .directory, runtime.driver != .container
        else { return }
        let program = runtime.bundle?.interpreter ?? program
        warn(
            .requiresNothing,
            "asks nothing of a host before anything moves there",
            at: ["spec"],
            hint: "write `requires: [{command: [\(program), --version], matches: \">=1 <2\"}]`, with versions "
                + "that you know"
        )
    }

    private var program: String { runtime.command.first.map { Self.name(of: $0) } ?? "server" }

    /// `python3` of `/usr/bin/python3`.
    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Every text that the server is given.
    private var texts: [String] { runtime.command + runtime.environment.values.compactMap(\.text) }

    // MARK: Rules

    private mutating func checkPorts() {
        for (index, port) in runtime.ports.enumerated()
        where !texts.contains(where: { $0.contains("{port.\(port)}") }) {
            warn(
                .portUnsaid,
                "nothing tells the server the number of port '\(port)'",
                at: ["spec", "ports"],
                index: index,
                hint: "write {port.\(port)} into 'command' or 'environment', or remove the port; a Deployment's own "
                    + "'environment' may say it too"
            )
        }
    }

    private mutating func checkAddress() {
        let words = ["{host.address}", "0.0.0.0", "::"]
        let isSaid = texts.contains { text in words.contains { text.contains($0) } }
        guard !isSaid, server?.listensEverywhere != true else { return }
        warn(
            .addressUnsaid,
            "nothing tells the server on which address to listen",
            at: ["spec", "command"],
            hint: "write {host.address} into 'command' or 'environment': all addresses, where endpoints are switched"
        )
    }

    private mutating func checkHealth() {
        let path = runtime.ready.path
        if server?.holdsSeveral == true || runtime.driver == .external || path.hasPrefix("/v2/"),
            !path.contains("{model.name}")
        {
            warn(
                .readyWithoutModel,
                "asks '\(path)', which is of no model, of a server that can hold several",
                at: ["spec", "health", "ready", "http", "path"],
                hint: "ask for this one, like /v2/models/{model.name}/ready"
            )
        }
        if runtime.live == nil, runtime.driver != .external {
            warn(
                .liveMissing,
                "has no 'live' check",
                at: ["spec", "health"],
                hint: "write `live: {http: {port: \(runtime.ready.port), path: …}}`, with what answers whenever the "
                    + "server is sound"
            )
        }
    }

    private mutating func checkStop() {
        let stop = runtime.stop
        if runtime.update == .sideBySide, stop.drain.milliseconds == 0 {
            warn(
                .drainMissing,
                "does not drain: open connections are cut when the old copy stops",
                at: ["spec", "stop", "drain"],
                hint: "write `drain:` a little longer than the longest request"
            )
        }
        if stop.grace < stop.drain {
            warn(
                .graceShort,
                "drains for \(stop.drain) and then kills after \(stop.grace)",
                at: ["spec", "stop", "grace"],
                hint: "write `grace:` at least as long as 'drain'"
            )
        }
    }

    private mutating func checkMetrics() {
        guard let metrics = runtime.metrics else { return }
        guard let names = metrics.names else {
            guard server?.hasBuiltInNames != true else { return }
            return warn(
                .figuresUnnamed,
                "does not say which names of the page feed which figure; those of MLServer and Triton are known",
                at: ["spec", "metrics"],
                hint: "write `names: {requests: […], errors: […], duration: {…}, inFlight: […]}`, what the page has"
            )
        }
        let figures = ["spec", "metrics", "names"]
        for (path, series) in [
            (["requests"], names.requests), (["errors"], names.errors), (["inFlight"], names.inFlight),
            (["duration", "sum"], names.duration?.sum ?? []), (["duration", "count"], names.duration?.count ?? []),
        ] {
            for (index, one) in series.enumerated() where runtime.driver == .external && !one.namesModel {
                warn(
                    .figuresOfAllModels,
                    "is of every model that the server holds",
                    at: figures + path,
                    index: index,
                    hint: "pick this one's by a label, like \(one.name){model=\"{model.name}\"}"
                )
            }
            for (index, one) in series.enumerated() where one.name.hasSuffix("_bucket") {
                warn(
                    .figuresOfBuckets,
                    "adds up the buckets of a histogram",
                    at: figures + path,
                    index: index,
                    hint: "write \(one.name.dropLast("_bucket".count))_count, or _sum"
                )
            }
        }
        if names.requests.isEmpty, !names.errors.isEmpty {
            warn(
                .figuresWithoutRequests,
                "names errors and no requests",
                at: figures + ["errors"],
                hint: "name what counts all of them: requests: […]"
            )
        }
    }

    private mutating func checkCommand() {
        let shells: Set<String> = ["sh", "bash", "dash", "zsh", "ksh", "ash", "busybox", "fish"]
        guard shells.contains(program) else { return }
        warn(
            .commandIsShell,
            "starts a shell",
            at: ["spec", "command"],
            index: 0,
            hint: "name the server itself; what a shell sets up belongs into 'environment', or into a program of its "
                + "own that ends with exec"
        )
    }

    private mutating func checkSecrets() {
        let hint =
            "keep it in a file on each host, and let a variable have its text: NAME: {file: /etc/muster/secrets/NAME}"
        for (name, value) in runtime.environment where value.text.map({ Self.isSecret($0, named: name) }) == true {
            warn(.secretWritten, "holds what looks like a secret", at: ["spec", "environment", name], hint: hint)
        }
        for (index, word) in runtime.command.enumerated() {
            let before = index > 0 && runtime.command[index - 1].hasPrefix("-") ? runtime.command[index - 1] : nil
            let parts = word.split(separator: "=", maxSplits: 1)
            let isOption = word.hasPrefix("-") && parts.count == 2
            guard
                Self.isSecret(word, named: before ?? "")
                    || isOption && Self.isSecret(String(parts[1]), named: String(parts[0]))
            else { continue }
            warn(.secretWritten, "holds what looks like a secret", at: ["spec", "command"], index: index, hint: hint)
        }
    }

    /// Whether a value is a secret by its looks, or by its name unless it is a number, a word of yes or no, a file's name,
    /// another option or a template.
    private static func isSecret(_ value: String, named name: String) -> Bool {
        let redactor = Redactor(environments: [])
        guard redactor.text(value) == value else { return true }
        // Tokens of a text are no secrets.
        let plain = name.lowercased().replacing("tokeniz", with: "").replacing("tokens", with: "")
        let words = ["", "true", "false", "yes", "no", "on", "off"]
        let isPlain = words.contains(value.lowercased()) || Double(value) != nil
        guard !isPlain, !value.hasPrefix("/"), !value.hasPrefix("-"), !value.contains("{") else { return false }
        return redactor.text(value, named: plain) != value
    }

    // MARK: Places

    private mutating func warn(
        _ rule: RuntimeWarning.Rule,
        _ message: String,
        at keys: [String],
        index: Int? = nil,
        hint: String
    ) {
        var path = ManifestPath(keys.map { .key($0) })
        if let index { path = path.appending(index) }
        let problem = ManifestProblem(message, path: path, place: place(of: path), hint: hint)
        warnings.append(RuntimeWarning(rule: rule, problem: problem))
    }

    /// Where a path leads in the document; as far as it leads.
    private func place(of path: ManifestPath) -> SourcePlace? {
        var node = document
        var place = document.place
        for step in path.steps {
            switch (step, node.value) {
            case (.key(let key), .object(let members)):
                guard let member = members.first(where: { $0.key == key }) else { return node.place ?? place }
                node = member.value
                place = member.place ?? place
            case (.index(let index), .array(let elements)) where elements.indices.contains(index):
                node = elements[index]
                place = node.place ?? place
            default: return place
            }
        }
        return node.place ?? place
    }
}
