import Fleet

/// What is remembered of an environment that was made whole. Without it there is none: it is written last.
struct RuntimeInstallation: Codable, Hashable, Sendable {
    /// Its name in the environment's own directory.
    static let file = "installed"

    /// The file of the host's interpreter that made it, and that it runs on.
    var python: String
    /// What its files were.
    var seal: Digest
    /// What they take, in bytes.
    var bytes: Int64

    /// What was made.
    init(python: String, tree: EnvironmentTree) {
        self.python = python
        seal = tree.seal
        bytes = tree.bytes
    }

    /// What an environment's own directory says; `nil` when nothing whole stands there.
    init?(in directory: String, on disk: any AgentDisk) {
        guard let bytes = try? disk.read("\(directory)/\(Self.file)"),
            let record = try? JSONCoding.decode(Self.self, from: bytes)
        else { return nil }
        self = record
    }
}
