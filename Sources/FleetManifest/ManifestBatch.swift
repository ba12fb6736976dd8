import Fleet

/// Reads documents out of files or a request, finds everything that is wrong with them at once, and sees to it that none
/// describes the same object twice.
package struct ManifestBatch: Sendable {
    /// What may be left out.
    package enum BundleRule: Sendable {
        /// A `ModelVersion` must name its bundle.
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
        var reader = ObjectReader(node, at: path, keys: ObjectKeys(["apiVersion", "kind", "metadata", "spec"]))
        guard case .object = node.value else { return reader.problems }
        let manifest = Self.manifest(from: &reader, bundle: bundle)
        if let name = node["metadata"]?["name"], case .string(let text) = name.value,
            let kind = node["kind"], case .string(let word) = kind.value
        {
            let place = name.place ?? node.place
            if let other = seen.updateValue(place, forKey: "\(word)/\(text)") {
                let where_ = other.map { " at \($0)" } ?? ""
                reader.report(
                    "\(word) '\(text)' is described twice; the other is\(where_.isEmpty ? " earlier" : where_)",
                    at: name,
                    path: path.appending("metadata").appending("name"),
                    hint: "remove one"
                )
            }
        }
        if reader.problems.isEmpty, let manifest {
            documents.append(ManifestDocument(manifest: manifest, node: node))
        }
        return reader.problems
    }

    private static func manifest(from reader: inout ObjectReader, bundle: BundleRule) -> Manifest? {
        let version = reader.text("apiVersion") { $0 == Manifest.apiVersion ? nil : "is not '\(Manifest.apiVersion)'" }
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
            manifest = RuntimeManifest.read(name: name, labels: labels, from: &reader).map { .runtime($0) }
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
            let nearest = NearestName.of(word, among: known).map { "did you mean '\($0)'? " } ?? ""
            reader.report("unknown kind '\(word)'", key: "kind", hint: nearest + accepted)
        }
        return nil
    }
}
