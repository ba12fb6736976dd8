import Fleet

/// Reads documents out of files or a request, finds everything that is wrong with them at once, and sees to it that none
/// describes the same object twice.
package struct ManifestBatch: Sendable {
    /// What may be left out.
    package enum BundleRule: Sendable {
        /// A `ModelVersion`, and a `Runtime` that brings a bundle, must name it.
        case required
        /// The bundle is about to be pushed.
        case optional
    }

    /// The documents without a problem, in the order of reading.
    package private(set) var documents: [ManifestDocument] = []
    /// What is wrong, in the order of reading.
    package private(set) var problems: [ManifestProblem] = []
    private let bundle: BundleRule
    private var seen: [String: SourcePlace?] = [:]

    /// An empty batch.
    package init(bundle: BundleRule = .required) {
        self.bundle = bundle
    }

    /// Reads a file's YAML or JSON; `file` is its name for messages.
    package mutating func add(yaml bytes: some Collection<UInt8>, file: String) {
        let reading = YAMLTextReader.read(bytes, file: file)
        var found = reading.problems
        for document in reading.documents {
            found += read(document, at: ManifestPath())
        }
        if reading.documents.isEmpty, found.isEmpty {
            let place = SourcePlace(file: file, line: 1, column: 1)
            found.append(ManifestProblem("the file holds no document", place: place, hint: "write a manifest into it"))
        }
        problems += found.inReadingOrder()
    }

    /// Reads one document of a request; `path` is where it stands in the body.
    package mutating func add(_ document: ManifestNode, at path: ManifestPath) {
        problems += read(document, at: path)
    }

    private mutating func read(_ node: ManifestNode, at path: ManifestPath) -> [ManifestProblem] {
        if let stranger = Self.stranger(in: node, at: path) { return [stranger] }
        let known = node["kind"].flatMap { kind in
            if case .string(let word) = kind.value { ManifestKind(rawValue: word) } else { nil }
        }
        var reader = ObjectReader(node, at: path, keys: known?.keys ?? ManifestKind.anyKeys, outline: known?.outline)
        guard case .object = node.value else { return reader.problems }
        let manifest = Self.manifest(from: &reader, bundle: bundle)
        if let name = node["metadata"]?["name"], case .string(let text) = name.value,
            let kind = node["kind"], case .string(let word) = kind.value
        {
            let place = name.place ?? node.place
            if let other = seen.updateValue(place, forKey: "\(word)/\(text)") {
                let where_ = other.map { " at \($0)" } ?? ""
                let problem = ManifestProblem(
                    "\(word) '\(text)' is described twice; the other is\(where_.isEmpty ? " earlier" : where_)",
                    path: path.appending("metadata").appending("name"),
                    place: name.place ?? node.place,
                    hint: "remove one"
                )
                reader.report(problem)
            }
        }
        if reader.problems.isEmpty, let manifest {
            documents.append(ManifestDocument(manifest: manifest, node: node))
        }
        return reader.problems
    }

    /// A manifest of Kubernetes: one problem says so, a hundred about its keys would not help.
    private static func stranger(in node: ManifestNode, at path: ManifestPath) -> ManifestProblem? {
        guard let version = node["apiVersion"], case .string(let text) = version.value, text != Manifest.apiVersion,
            isKubernetes(text)
        else { return nil }
        let hint =
            "write one for Muster: apiVersion: \(Manifest.apiVersion), and a kind of "
            + ManifestKind.allCases.map(\.rawValue).joined(separator: ", ")
        return ManifestProblem(
            "'\(text)' is of another program: this looks like a manifest of Kubernetes",
            path: path.appending("apiVersion"),
            place: version.place,
            hint: hint
        )
    }

    /// `v1`, `apps/v1`, `networking.k8s.io/v1beta1`.
    private static func isKubernetes(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let groups = ["apps", "batch", "autoscaling", "policy"]
        return text == "v1" || parts.count == 2 && (groups.contains(String(parts[0])) || parts[0].contains("."))
    }

    private static func manifest(from reader: inout ObjectReader, bundle: BundleRule) -> Manifest? {
        let version = reader.text("apiVersion") { text in
            text == Manifest.apiVersion ? nil : "is not '\(Manifest.apiVersion)', the only grammar there is"
        }
        let metadata = MetadataManifest.read(from: &reader)
        let kind = kind(from: &reader)
        guard let kind else { return nil }
        let name = metadata?.name ?? ""
        let labels = metadata?.labels ?? [:]
        let manifest: Manifest?
        switch kind {
        case .model:
            manifest = ModelManifest.read(name: name, labels: labels, from: &reader).map { .model($0) }
        case .modelVersion:
            manifest = ModelVersionManifest.read(name: name, labels: labels, bundle: bundle, from: &reader)
                .map { .modelVersion($0) }
        case .runtime:
            manifest = RuntimeManifest.read(name: name, labels: labels, bundle: bundle, from: &reader).map {
                .runtime($0)
            }
        case .deployment:
            manifest = DeploymentManifest.read(name: name, labels: labels, from: &reader).map { .deployment($0) }
        }
        return version == nil || metadata == nil ? nil : manifest
    }

    private static func kind(from reader: inout ObjectReader) -> ManifestKind? {
        guard let word = reader.text("kind", rule: { _ in nil }) else { return nil }
        if let kind = ManifestKind(rawValue: word) { return kind }
        let known = ManifestKind.allCases.map(\.rawValue)
        let accepted = "accepted: \(known.joined(separator: ", "))"
        if ManifestKind.notBuiltYet.contains(word) {
            reader.report("the kind '\(word)' is not built yet", key: "kind", hint: accepted)
        } else {
            let nearest = NearestName.of(word, among: known).map { "did you mean '\($0)'? " }
            let habit = ManifestKind.habit(of: word).map { "\($0); " }
            reader.report("unknown kind '\(word)'", key: "kind", hint: (habit ?? nearest ?? "") + accepted)
        }
        return nil
    }
}
