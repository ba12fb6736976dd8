import Fleet

/// `kind: ModelVersion`, both ways.
enum ModelVersionManifest {
    static let keys = ObjectKeys(
        keys: [
            .required("model", "the name of its Model", .text(.name), like: "model: fraud"),
            .required("version", "which version it is", .text(.version), like: "version: 1.2.0"),
            .required("format", "what the files are", .text(.name), like: "format: sklearn"),
            .optional(
                "bundle",
                "the digest of its files; `muster model push` fills it in, and nothing is applied without it",
                .text(.digest)
            ),
            .optional("probe", "the golden probe, the proof that the model was loaded", .object(probeKeys)),
        ],
        notBuiltYet: ["lineage", "signatures", "runtime"],
        habits: [
            "name": "the object's name belongs to 'metadata', the model's name is 'model'",
            "digest": "write 'bundle'", "files": "remove it: `muster model push DIRECTORY -f FILE` sends the files",
            "uri": "remove it: `muster model push DIRECTORY -f FILE` sends the files",
            "storageUri": "remove it: `muster model push DIRECTORY -f FILE` sends the files",
            "path": "remove it: `muster model push DIRECTORY -f FILE` sends the files",
        ]
    )
    static let probeKeys = ObjectKeys(
        keys: [
            .required("port", "the runtime's port that is asked", .text(.name), like: "port: http"),
            .required("path", "the path that is asked", .text(.path), like: "path: /v2/models/fraud/infer"),
            .required("request", "the body that is posted", .anyObject, like: "request: {inputs: […]}"),
            .required(
                "expect",
                "what the answer must contain; members that are not named are not compared; an object, or any value "
                    + "beside 'select'",
                .anything,
                like: "expect: {outputs: […]}"
            ),
            .optional("select", "which part of the answer is compared; all of it unless said", .text(.jsonPath)),
            .optional("absolute", "by how much a number may differ; \"0\" unless said", .decimal),
            .optional("relative", "by which part of itself a number may differ; \"0\" unless said", .decimal),
        ],
        notBuiltYet: ["method", "headers", "timeout"],
        habits: [
            "tolerance": "write 'absolute' or 'relative'", "response": "write 'expect'",
            "url": "write 'port' and 'path'",
            "body": "write 'request'",
        ],
        objectUnless: (absent: "select", object: "expect")
    )
    /// Where the answer is about to be recorded.
    private static let probeKeysBeforeRecording: ObjectKeys = {
        var keys = probeKeys
        for index in keys.keys.indices where keys.keys[index].name == "expect" { keys.keys[index].isRequired = false }
        return keys
    }()

    static func read(
        name: String,
        labels: [String: String],
        bundle rule: ManifestBatch.BundleRule,
        from document: inout ObjectReader
    ) -> ModelVersion? {
        document.object("spec") { spec in
            let model = spec.text("model")
            let version = spec.text("version")
            let format = spec.text("format")
            let bundle = bundle(from: &spec, rule: rule)
            let isWhole = if case .required = rule { true } else { false }
            let probe = spec.object("probe", keys: isWhole ? probeKeys : probeKeysBeforeRecording) { probe in
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
        return spec.text("bundle").flatMap { Digest($0) }
    }

    private static func probe(from probe: inout ObjectReader, rule: ManifestBatch.BundleRule) -> GoldenProbe? {
        let port = probe.text("port")
        let path = probe.text("path")
        let request = body("request", from: &probe)
        let select = probe.text("select")
        let expect = expectation(from: &probe, rule: rule)
        let absolute = probe.decimal("absolute")
        let relative = probe.decimal("relative")
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

    /// What the answer must contain; it may be left out while it is about to be recorded.
    private static func expectation(from probe: inout ObjectReader, rule: ManifestBatch.BundleRule) -> String? {
        if case .optional = rule, !probe.has("expect") { return "" }
        return body("expect", from: &probe, isAnyValue: probe.has("select"))
    }

    /// Any object: stored as JSON with sorted members, numbers as they were written.
    private static func body(_ key: String, from probe: inout ObjectReader, isAnyValue: Bool = false) -> String? {
        guard let node = probe.node(key) else { return nil }
        let isObject = if case .object = node.value { true } else { false }
        guard isObject || isAnyValue else {
            let isText = if case .string = node.value { true } else { false }
            let hint = isText ? "write the object itself, without quotes around it" : nil
            probe.report("must be an object, and is \(node.sort)", key: key, hint: hint)
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
