import Fleet

/// `bundle` of a runtime, both ways.
enum RuntimeBundleManifest {
    static let keys = ObjectKeys(
        keys: [
            .required(
                "install",
                "what becomes of the files on a host; wheels: Python wheels, pip's own among them, which become an environment; "
                    + "directory: they are used as they are",
                .words(RuntimeBundle.Install.allCases.map(\.rawValue)),
                like: "install: wheels"
            ),
            .optional(
                "digest",
                "the digest of its files; `muster runtime push` fills it in, and nothing is applied without it",
                .text(.digest)
            ),
            .optional(
                "python",
                "the host's interpreter that makes the environment, by name or path; \(RuntimeBundle.standardPython) unless "
                    + "said; for `install: wheels`",
                .text(.plainWord)
            ),
        ],
        notBuiltYet: ["source", "url", "signatures"],
        habits: [
            "kind": "write 'install'", "type": "write 'install'", "sha256": "write `digest: sha256:…`",
            "interpreter": "write 'python'",
            "requirements":
                "put requirements.txt into the directory: `muster runtime push DIRECTORY -f FILE` sends the files",
            "path": "remove it: `muster runtime push DIRECTORY -f FILE` sends the files",
            "files": "remove it: `muster runtime push DIRECTORY -f FILE` sends the files",
        ]
    )

    static func read(from spec: inout ObjectReader, rule: ManifestBatch.BundleRule) -> RuntimeBundle? {
        spec.object("bundle") { bundle in
            let install = bundle.word("install", of: RuntimeBundle.Install.self)
            let digest = digest(from: &bundle, rule: rule)
            let python = bundle.text("python")
            if python?.isEmpty == true {
                bundle.report("names no interpreter", key: "python", hint: "write a name or a path, like python3.11")
            }
            if python != nil, install == .directory {
                bundle.report(
                    "has no effect with `install: directory`, which makes no environment",
                    key: "python",
                    hint: "write `install: wheels`, or remove it"
                )
            }
            return install.map { RuntimeBundle(install: $0, digest: digest, python: python) }
        }
    }

    private static func digest(from bundle: inout ObjectReader, rule: ManifestBatch.BundleRule) -> Digest? {
        guard bundle.has("digest") else {
            if case .required = rule {
                let hint = "run `muster runtime push DIRECTORY -f FILE`: it fills the digest in"
                bundle.report("'digest' is missing", hint: hint)
            }
            return nil
        }
        return bundle.text("digest").flatMap { Digest($0) }
    }

    /// A bundle that nothing uses has no effect, and its directory has no value without one.
    static func checkUse(in spec: inout ObjectReader) {
        let users = ["command", "environment", "health", "metrics"].filter { spec.node($0).map(namesDirectory) == true }
        // A path that is asked over HTTP is no use of a directory.
        let isUsed = !Set(users).isDisjoint(with: ["command", "environment"])
        let variable = "{\(TextTemplate.runtimeDirectory)}"
        if spec.has("bundle"), !isUsed {
            spec.report(
                "has no effect: nothing of the runtime names \(variable), its directory on a host",
                key: "bundle",
                hint:
                    "write \(variable) into 'command' or 'environment', like command: [\"\(variable)/bin/mlserver\", …]"
            )
        } else if !spec.has("bundle"), let user = users.first {
            spec.report(
                "'\(variable)' has no value: the runtime brings no bundle",
                key: user,
                hint: "write `bundle: {install: wheels}` and push it (`muster runtime push`), or remove the variable"
            )
        }
    }

    private static func namesDirectory(_ node: ManifestNode) -> Bool {
        switch node.value {
        case .string(let text): text.contains("{\(TextTemplate.runtimeDirectory)}")
        case .array(let elements): elements.contains(where: namesDirectory)
        case .object(let members): members.contains { namesDirectory($0.value) }
        case .null, .boolean, .number, .ambiguous: false
        }
    }

    static func node(of bundle: RuntimeBundle) -> ManifestNode {
        .object([
            "install": .string(bundle.install.rawValue),
            "digest": bundle.digest.map { .string($0.description) },
            "python": bundle.python.map { .string($0) },
        ])
    }
}
