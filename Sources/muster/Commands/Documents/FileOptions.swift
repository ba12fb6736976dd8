import ArgumentParser

/// `-f`, as every command that reads manifests has it.
struct FileOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .customLong("file")],
        help: ArgumentHelp(
            "A file of YAML or JSON documents, a directory of them, or - for standard input; may be repeated.",
            valueName: "file"
        ),
        completion: .file(extensions: ["yaml", "yml", "json"])
    )
    var files: [String] = []

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("name what to read: -f FILE.") }
    }

    /// As it is typed again.
    var typed: String { files.map { "-f \($0)" }.joined(separator: " ") }
}
