import Fleet

/// `requires` of a runtime, both ways.
enum RequirementsManifest {
    static let keys = ObjectKeys(["command", "matches"], notBuiltYet: ["timeout", "file", "memory", "disk"])

    static func read(from spec: inout ObjectReader) -> [RuntimeRequirement] {
        spec.objects("requires", limit: ManifestLimits.requirements, keys: keys, read: requirement(from:))
    }

    private static func requirement(from reader: inout ObjectReader) -> RuntimeRequirement? {
        let before = reader.problems.count
        let command = reader.list("command", limit: ManifestLimits.arguments) { reader, node, path in
            reader.text(node, path: path) { word in
                word.contains { $0 == "{" || $0 == "}" }
                    ? "holds a brace; there are no variables here: it is asked before anything is placed on the host"
                    : nil
            }
        }
        if let command, reader.problems.count == before, command.first?.isEmpty ?? true {
            reader.report("names no program", key: "command", hint: "write a list, like [mlserver, --version]")
        }
        var matches: VersionRange?
        if reader.has("matches"), let text = reader.text("matches", rule: { _ in nil }) {
            do throws(VersionRange.Problem) {
                matches = try VersionRange(text)
            } catch {
                reader.report(
                    "'\(text)' says not which versions will do: \(error.message)",
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
