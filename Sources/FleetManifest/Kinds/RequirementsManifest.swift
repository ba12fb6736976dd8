import Fleet

/// `requires` of a runtime, both ways.
enum RequirementsManifest {
    static let keys = ObjectKeys(
        keys: [
            .required(
                "command",
                "a command that must succeed on the host, without a shell",
                .list(of: .text(.plainWord), count: 1...ManifestLimits.arguments),
                like: "command: [mlserver, --version]"
            ),
            .optional("matches", "which versions it must print", .text(.versions)),
        ],
        notBuiltYet: ["timeout", "file", "memory", "disk"],
        habits: ["version": "write 'matches', like matches: \">=1.7 <2\""]
    )

    static func read(from spec: inout ObjectReader) -> [RuntimeRequirement] {
        spec.objects("requires", read: requirement(from:))
    }

    private static func requirement(from reader: inout ObjectReader) -> RuntimeRequirement? {
        let before = reader.problems.count
        let command = reader.list("command") { reader, node, path in
            reader.text(node, path: path, rule: TextShape.plainWord.rule)
        }
        if let command, reader.problems.count == before, command.first?.isEmpty ?? true {
            reader.report("names no program", key: "command", hint: "write a list, like [mlserver, --version]")
        }
        var matches: VersionRange?
        if let text = reader.text("matches") {
            do throws(VersionRange.Problem) {
                matches = try VersionRange(text)
            } catch {
                reader.report(
                    "'\(text)' does not say which versions will do: \(error.message)",
                    key: "matches",
                    hint: "write conditions like \">=1.7 <2\""
                )
            }
        }
        guard let command, reader.problems.count == before else { return nil }
        return RuntimeRequirement(command: command, matches: matches)
    }

    static func node(of requirements: [RuntimeRequirement]) -> ManifestNode {
        ManifestNode(
            .array(
                requirements.map { requirement in
                    .object([
                        "command": ManifestNode(.array(requirement.command.map { .string($0) })),
                        "matches": requirement.matches.map { .string($0.text) },
                    ])
                }
            )
        )
    }
}
