import ArgumentParser

/// `-f`, as every command that reads manifests has it.
struct FileOptions: ParsableArguments {
    /// What `-f` takes.
    static let help = ArgumentHelp(
        "A file of YAML or JSON documents, a directory of them, or - for standard input; may be repeated.",
        valueName: "file"
    )
    /// What its value may be.
    static let completion = CompletionKind.file(extensions: ["yaml", "yml", "json"])

    @Option(name: [.customShort("f"), .customLong("file")], help: help, completion: completion)
    var files: [String] = []

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("name what to read: -f FILE.") }
    }

    /// As it is typed again.
    var typed: String { files.map { "-f \($0)" }.joined(separator: " ") }
}
