import Fleet

/// `kind: ModelVersion`, both ways.
enum ModelVersionManifest {
    static let keys = ObjectKeys(
        ["model", "version", "format", "bundle", "probe"],
        notBuiltYet: ["lineage", "signatures", "runtime"]
    )
    static let probeKeys = ObjectKeys(
        ["port", "path", "request", "expect", "select", "absolute", "relative"],
        notBuiltYet: ["method", "headers", "timeout"]
    )

    static func read(
        name: String,
        labels: [String: String],
        bundle rule: ManifestBatch.BundleRule,
        from document: inout ObjectReader
    ) -> ModelVersion? {
        document.object("spec", keys: keys) { spec in
            let model = spec.text("model", rule: NameRule.problem(withName:))
            let version = spec.text("version", rule: NameRule.problem(withVersion:))
            let format = spec.text("format", rule: NameRule.problem(withName:))
            let bundle = bundle(from: &spec, rule: rule)
            let probe = spec.object("probe", required: false, keys: probeKeys) { probe in
                Self.probe(from: &probe, rule: rule)
            }
            guard let model, let version, let format else { return nil }
            return ModelVersion(
                name: name,
                labels: labels,
                model: model,
                version: version,
                format: format,
                bundle: bundle,
                probe: probe
            )
        }
    }

    private static func bundle(from spec: inout ObjectReader, rule: ManifestBatch.BundleRule) -> Digest? {
        guard spec.has("bundle") else {
            if case .required = rule {
                let hint = "run `muster model push DIRECTORY -f FILE`: it fills the digest in"
                spec.report("'bundle' is missing", hint: hint)
            }
            return nil
        }
        let text = spec.text("bundle") {
            Digest($0) == nil ? "is not 'sha256:' and 64 lowercase hexadecimal digits" : nil
        }
        return text.flatMap { Digest($0) }
    }

    private static func probe(from probe: inout ObjectReader, rule: ManifestBatch.BundleRule) -> GoldenProbe? {
        let port = probe.text("port", rule: NameRule.problem(withName:))
        let path = probe.text("path", rule: HTTPPathRule.problem(with:))
        let request = body("request", from: &probe)
        let select = probe.has("select") ? probe.text("select") { Self.problem(withPath: $0) } : nil
        let expect = expectation(from: &probe, rule: rule)
        let absolute = tolerance("absolute", from: &probe)
        let relative = tolerance("relative", from: &probe)
        guard let port, let path, let request, let expect else { return nil }
        return GoldenProbe(
            port: port,
            path: path,
            request: request,
            expect: expect,
            select: select,
            absolute: absolute ?? "0",
            relative: relative ?? "0"
        )
    }

    private static func problem(withPath text: String) -> String? {
        JSONPath(text) == nil ? "is not a JSON path to one value, such as $.outputs[0].data (RFC 9535)" : nil
    }

    /// What the answer must contain; it may be left out while it is about to be recorded.
    private static func expectation(from probe: inout ObjectReader, rule: ManifestBatch.BundleRule) -> String? {
        if case .optional = rule, !probe.has("expect") { return "" }
        return body("expect", from: &probe, isAnyValue: probe.has("select"))
    }

    /// Any object: stored as JSON with sorted members, numbers as they were written.
    private static func body(_ key: String, from probe: inout ObjectReader, isAnyValue: Bool = false) -> String? {
        guard let node = probe.required(key) else { return nil }
        let isObject = if case .object = node.value { true } else { false }
        guard isObject || isAnyValue else {
            probe.report("must be an object, and is \(node.sort)", key: key)
            return nil
        }
        let before = probe.problems.count
        findAmbiguousWords(in: node, path: probe.path.appending(key), reader: &probe)
        return probe.problems.count == before ? JSONTextWriter.compact(node, sorted: true) : nil
    }

    private static func findAmbiguousWords(in node: ManifestNode, path: ManifestPath, reader: inout ObjectReader) {
        switch node.value {
        case .ambiguous(let text):
            let hint = "quote it if it is a text (\"\(text)\"), or write it as JSON would"
            reader.report("the unquoted word '\(text)' can be read in two ways", at: node, path: path, hint: hint)
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                findAmbiguousWords(in: element, path: path.appending(index), reader: &reader)
            }
        case .object(let members):
            for member in members {
                findAmbiguousWords(in: member.value, path: path.appending(member.key), reader: &reader)
            }
        case .null, .boolean, .number, .string: break
        }
    }

    private static func tolerance(_ key: String, from probe: inout ObjectReader) -> String? {
        guard let node = probe.node(key) else { return nil }
        if case .number(let literal) = node.value, !literal.hasPrefix("-") { return literal }
        if case .string(let text) = node.value, !text.hasPrefix("-"), case .number = PlainScalar.value(of: text) {
            return text
        }
        probe.report("must be a decimal that is not negative", key: key, hint: "write it like \"1e-6\" or \"0.001\"")
        return nil
    }

    static func spec(of version: ModelVersion) -> ManifestNode {
        .object([
            "model": .string(version.model),
            "version": .string(version.version),
            "format": .string(version.format),
            "bundle": version.bundle.map { .string($0.description) },
            "probe": version.probe.map { probe in
                .object([
                    "port": .string(probe.port),
                    "path": .string(probe.path),
                    "request": json(probe.request),
                    "expect": probe.expect.isEmpty ? nil : json(probe.expect),
                    "select": probe.select.map { .string($0) },
                    "absolute": .string(probe.absolute),
                    "relative": .string(probe.relative),
                ])
            },
        ])
    }

    private static func json(_ text: String) -> ManifestNode {
        JSONTextReader.read(text.utf8).root ?? .string(text)
    }
}
