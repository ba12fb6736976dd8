import Fleet
import FleetManifest
import FleetPlanning
import FleetStore

/// Applies documents inside one transaction, collecting every problem before it gives up.
struct ApplyRun {
    let operations: FleetOperations
    let writer: FleetWriter
    let identity: OperatorIdentity
    let options: ApplyOptions
    let isShownOnly: Bool
    private var problems: [(document: Int, problem: ManifestProblem)] = []
    private(set) var changes: [PlanChange] = []
    var outcome = PlanStep.Outcome()
    private(set) var steps: [DeploymentStep] = []
    /// Where replicas stop for good: the hosts' names, by deployment.
    private var stopping: [(deployment: String, hosts: [String])] = []
    /// Hashes of what is desired, by `Kind/name`.
    private(set) var written: [String: String] = [:]

    /// - Parameter isShownOnly: whether the transaction will be undone, so that nothing needs to be stored that only hosts
    ///   would see.
    init(
        operations: FleetOperations,
        writer: FleetWriter,
        identity: OperatorIdentity,
        options: ApplyOptions,
        isShownOnly: Bool = false
    ) {
        self.operations = operations
        self.writer = writer
        self.identity = identity
        self.options = options
        self.isShownOnly = isShownOnly
    }

    /// Applies everything; the order of the documents does not matter.
    mutating func apply(_ manifests: [Manifest]) throws {
        let revision = try writer.reader.revision()
        var results = [PlanChange?](repeating: nil, count: manifests.count)
        checkSet(manifests)
        let ordered = manifests.enumerated().sorted {
            ($0.element.kind.rank, $0.offset) < ($1.element.kind.rank, $1.offset)
        }
        for (index, manifest) in ordered { results[index] = try apply(manifest, index) }
        guard problems.isEmpty else {
            throw ControllerError(
                .invalid,
                problems.count == 1
                    ? "1 problem; nothing was changed" : "\(problems.count) problems; nothing was changed",
                problems: problems.sorted { $0.document < $1.document }
            )
        }
        changes = results.compactMap { $0 } + (try prune(keeping: manifests))
        try FleetOperations.checkRemoval(of: stopping, isAllowed: options.allowsRemoval)
        try checkPlan(at: revision)
    }

    /// Remembers a step for showing it, and where replicas stop because of it.
    mutating func add(_ step: DeploymentStep, stopping hosts: [String]) {
        steps.append(step)
        if !hosts.isEmpty { stopping.append((step.name, hosts)) }
    }

    private mutating func apply(_ manifest: Manifest, _ index: Int) throws -> PlanChange? {
        written["\(manifest.kind.rawValue)/\(manifest.name)"] = try hash(of: manifest)
        let expected = options.expected["\(manifest.kind.rawValue)/\(manifest.name)"]
        return switch manifest {
        case .model(let model): change(manifest, try writer.putModel(model, expected: expected))
        case .runtime(let runtime): try apply(runtime, manifest, index)
        case .modelVersion(let version): try apply(version, manifest, index)
        case .deployment(let deployment): try apply(deployment, manifest, index)
        }
    }

    private mutating func apply(_ runtime: RuntimeProfile, _ manifest: Manifest, _ index: Int) throws -> PlanChange? {
        if let brought = runtime.bundle {
            let path = ["spec", "bundle", "digest"]
            let hint = "push its files, which fills the digest in: muster runtime push DIR -f FILE"
            guard let digest = brought.digest else {
                return problem("the runtime's bundle has no digest", hint: hint, at: path, index)
            }
            if try writer.reader.bundle(digest) == nil, try !note(digest) {
                let message = "the runtime's bundle \(digest) is not here, or not all of its files are"
                return problem(message, hint: hint, at: path, index)
            }
        }
        let expected = options.expected["\(manifest.kind.rawValue)/\(manifest.name)"]
        return change(manifest, try writer.putRuntime(runtime, expected: expected))
    }

    private mutating func apply(_ version: ModelVersion, _ manifest: Manifest, _ index: Int) throws -> PlanChange? {
        var isGood = true
        if try writer.reader.model(version.model) == nil {
            let known = try writer.reader.models().map(\.object.name)
            isGood = miss("Model", version.model, among: known, at: ["spec", "model"], index)
        }
        guard let bundle = version.bundle else {
            return problem(
                "the version has no bundle",
                hint: "push its files, which fills the bundle in: muster model push DIR -f FILE",
                at: ["spec", "bundle"],
                index
            )
        }
        if try writer.reader.bundle(bundle) == nil, try !note(bundle) {
            return problem(
                "the bundle \(bundle) is not here, or not all of its files are",
                hint: "push them: muster model push DIR -f FILE",
                at: ["spec", "bundle"],
                index
            )
        }
        let expected = options.expected["\(manifest.kind.rawValue)/\(manifest.name)"]
        return isGood ? change(manifest, try writer.putModelVersion(version, expected: expected)) : nil
    }

    /// Notes a bundle whose list and files are all on disk. Returns whether that is so.
    private func note(_ bundle: Digest) throws -> Bool {
        let listLimit = 16 << 20
        guard let bytes = operations.blobs.bytes(of: bundle, limit: listLimit),
            let list = try? BundleList(bytes: bytes),
            list.files.allSatisfy({ operations.blobs.contains($0.digest) })
        else { return false }
        try writer.putBundle(
            BundleRecord(
                digest: bundle,
                files: list.files.count,
                bytes: list.totalSize,
                createdAt: operations.environment.now()
            )
        )
        return true
    }

    private mutating func apply(_ deployment: Deployment, _ manifest: Manifest, _ index: Int) throws -> PlanChange? {
        guard let content = try resolve(deployment, index) else { return nil }
        let reader = writer.reader
        let before = try reader.deployment(named: deployment.name)
        let holds = try before.map { try reader.holds(of: $0.uid) } ?? []
        // One that holds on some hosts only lets the others have it.
        let written = deployment.content.writtenDigest(bringing: content.runtime.bundle?.digest)
        if let hold = holds.filter({ $0.hosts == nil }).condemning(written: written) {
            return PlanChange(
                kind: manifest.kind.rawValue,
                name: deployment.name,
                action: .held,
                message: "held by \(hold.actor) since \(hold.since): \(hold.reason) "
                    + "(nothing changed; lift it with 'muster hold lift \(hold.id)')"
            )
        }
        let applied = try writer.applyDeployment(
            deployment,
            uid: operations.environment.freshID(),
            content: content,
            resolvesAgain: options.resolvesAgain,
            expected: options.expected["\(manifest.kind.rawValue)/\(manifest.name)"]
        )
        let request = PlanStep.Request(actor: identity.name, isFresh: true)
        let (shown, planned) = try plan(applied.record, request: request)
        try ReadinessGate.check(planned, deployment)
        outcome.merge(planned)
        let stops = deselected(by: planned, before: before?.deployment.scope.hosts)
        let step = DeploymentStep(name: deployment.name, outcome: shown, stopping: stops)
        add(step, stopping: planned.before?.hosts.filter { stops.contains($0.id) }.map(\.name) ?? [])
        let startsAgain = applied.action == .unchanged && step.startsRollout
        let difference = try difference(from: before, to: content)
        return PlanChange(
            kind: manifest.kind.rawValue,
            name: deployment.name,
            action: startsAgain ? .update : applied.action.planned,
            message: startsAgain
                ? "the same content, rolled out again" : Self.words(for: difference, after: applied.action),
            startsRollout: step.startsRollout
        )
    }

    /// Plans one deployment and, unless it is only shown, stores what comes of it. A plan's hash covers what a preview shows,
    /// before anything is stored for the hosts.
    func plan(
        _ record: DeploymentRecord,
        request: PlanStep.Request
    ) throws -> (shown: PlanStep.Outcome, planned: PlanStep.Outcome) {
        let isPreviewed = isShownOnly || options.plan != nil
        let shown = isPreviewed ? try operations.step.preview(record, in: writer.reader, request: request) : nil
        if isShownOnly, let shown { return (shown, shown) }
        let planned = try operations.step.run(record, in: writer, request: request)
        return (shown ?? planned, planned)
    }

    /// Names are resolved by a change or by `--resolve` alone: what they would be now is told, not taken.
    private static func words(for difference: String?, after action: Written.Action) -> String? {
        guard let difference, action == .unchanged else { return difference }
        return "its names mean something else by now (\(difference)); `muster apply --resolve` takes that"
    }

    private func difference(from before: DeploymentRecord?, to content: RevisionContent) throws -> String? {
        guard let before, let old = try writer.reader.revision(before.revision, of: before.uid) else { return nil }
        return try RevisionNames(reader: writer.reader).content(old.reference, of: before.uid)
            .flatMap { ContentDifference.text(from: $0, to: content) }
    }

    /// The hosts with an item that the old selector took and the new one does not.
    private func deselected(by step: PlanStep.Outcome, before selector: LabelSelector?) -> Set<String> {
        guard let selector, let picture = step.before else { return [] }
        let hosts = picture.hosts.filter { host in
            !host.isSelected && host.item != nil && host.item?.order != .remove
                && operations.directory[host.id].map { selector.matches($0.host.labels) } == true
        }
        return Set(hosts.map(\.id))
    }

    /// Closes a content: every name resolved or copied in. `nil` when something is missing.
    private mutating func resolve(_ deployment: Deployment, _ index: Int) throws -> RevisionContent? {
        let wanted = deployment.content
        let path = ["spec", "content"]
        let version = try writer.reader.modelVersion(of: wanted.model, version: wanted.version)?.object
        let runtime = try writer.reader.runtime(wanted.runtime)?.object
        if version == nil {
            if try writer.reader.model(wanted.model) == nil {
                let known = try writer.reader.models().map(\.object.name)
                _ = miss("Model", wanted.model, among: known, at: path + ["model", "name"], index)
            } else {
                let known = try writer.reader.modelVersions(of: wanted.model).map(\.object.version)
                _ = miss(
                    "version of \(wanted.model)",
                    wanted.version,
                    among: known,
                    at: path + ["model", "version"],
                    index,
                    advice: "a new one is pushed with its files: muster model push DIR -f FILE"
                )
            }
        }
        guard let runtime else {
            let known = try writer.reader.runtimes().map(\.object.name)
            _ = miss("Runtime", wanted.runtime, among: known, at: path + ["runtime"], index)
            return nil
        }
        if let endpoint = deployment.scope.endpoint, !runtime.ports.contains(endpoint.to) {
            _ = miss(
                "port of Runtime \(runtime.name)",
                endpoint.to,
                among: runtime.ports,
                at: ["spec", "scope", "endpoint", "to"],
                index
            )
        }
        guard let version, let bundle = version.bundle else { return nil }
        if let probe = version.probe, !runtime.ports.contains(probe.port) {
            _ = problem(
                "the golden probe of \(version.name) asks port '\(probe.port)', which Runtime \(runtime.name) does not have",
                hint: "its ports are \(runtime.ports.joined(separator: ", "))",
                at: path + ["runtime"],
                index
            )
            return nil
        }
        let content = RevisionContent(
            model: .init(name: version.model, version: version.version, format: version.format, bundle: bundle),
            runtime: runtime,
            environment: wanted.environment,
            resources: wanted.resources,
            probe: version.probe
        )
        return check(content, deployment.scope.endpoint, index) ? content : nil
    }

    /// What only the resolved content shows: variables of ports that the runtime does not have, what has no effect with its
    /// driver, and its size.
    private mutating func check(_ content: RevisionContent, _ endpoint: Endpoint?, _ index: Int) -> Bool {
        let before = problems.count
        for (path, reason) in content.withoutEffect(endpoint: endpoint) {
            _ = problem(
                "'\(path.joined(separator: "."))' has no effect with Runtime \(content.runtime.name) (`driver: external`): \(reason)",
                hint: "remove it, or write a runtime of another driver",
                at: ["spec"] + path,
                index
            )
        }
        for (name, value) in content.environment.sorted(by: { $0.key < $1.key }) {
            do throws(TextTemplate.Problem) {
                guard let text = value.text else { continue }
                let template = try TextTemplate(text, ports: content.runtime.ports)
                guard template.names(TextTemplate.runtimeDirectory), content.runtime.bundle == nil else { continue }
                _ = problem(
                    "'{\(TextTemplate.runtimeDirectory)}' has no value: Runtime \(content.runtime.name) brings no bundle",
                    hint: "push the server as the runtime's bundle (muster runtime push), or remove the variable",
                    at: ["spec", "content", "environment", name],
                    index
                )
            } catch {
                let ports = content.runtime.ports.joined(separator: ", ")
                let hint = "the ports of Runtime \(content.runtime.name) are \(ports)"
                _ = problem(error.message, hint: hint, at: ["spec", "content", "environment", name], index)
            }
        }
        if content.canonicalBytes.count > FleetLimits.revisionBytes {
            _ = problem(
                "the resolved content has \(content.canonicalBytes.count) bytes; at most \(FleetLimits.revisionBytes) fit",
                hint: "make the golden probe of the model version smaller: a few rows prove as much as many",
                at: ["spec", "content"],
                index
            )
        }
        return problems.count == before
    }

    // MARK: What comes of it

    /// What the steps that were run would do to the hosts.
    ///
    /// - Parameter revision: the store's before the run.
    func planView(at revision: UInt64) throws -> PlanView {
        let builder = operations.views(writer.reader)
        let hosts = try steps.flatMap { step in
            try (step.outcome.after?.hosts ?? []).compactMap { try builder.planHost($0, step: step) }
        }
        return PlanView(hash: hash(at: revision).description, changes: changes, hosts: hosts)
    }

    private func change(_ manifest: Manifest, _ written: Written) -> PlanChange {
        PlanChange(kind: manifest.kind.rawValue, name: manifest.name, action: written.action.planned)
    }

    private mutating func miss(
        _ what: String,
        _ name: String,
        among known: [String],
        at path: [String],
        _ index: Int,
        advice: String? = nil
    ) -> Bool {
        let nearest = NearestName.of(name, among: known).map { "did you mean '\($0)'?" }
        let list = known.isEmpty ? "there is none yet" : "there are: \(known.sorted().joined(separator: ", "))"
        let words = [nearest ?? list, advice].compactMap(\.self).joined(separator: "; ")
        _ = problem("there is no \(what) '\(name)'", hint: words, at: path, index)
        return false
    }

    private mutating func problem(_ message: String, hint: String, at path: [String], _ index: Int) -> PlanChange? {
        note(message, hint: hint, at: path, index)
        return nil
    }

    /// Remembers a problem of a document.
    mutating func note(_ message: String, hint: String, at path: [String], _ index: Int) {
        let path = ManifestPath(path.map { .key($0) })
        problems.append((index, ManifestProblem(message, path: path, hint: hint)))
    }
}

extension ManifestKind {
    /// What others refer to comes first.
    fileprivate var rank: Int {
        switch self {
        case .model: 0
        case .runtime: 1
        case .modelVersion: 2
        case .deployment: 3
        }
    }
}

extension Written.Action {
    fileprivate var planned: PlanChange.Action {
        switch self {
        case .created: .create
        case .updated: .update
        case .unchanged: .unchanged
        }
    }
}
