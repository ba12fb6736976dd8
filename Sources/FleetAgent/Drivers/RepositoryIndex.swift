/// What a server says of the models of its repository: the answer to `POST /v2/repository/index` (Open Inference Protocol, model
/// repository extension).
struct RepositoryIndex: Hashable, Sendable, Decodable {
    /// One version of one model; without a version and a state it is only a directory that the server sees.
    struct Entry: Hashable, Sendable, Decodable {
        var name: String
        var version: String?
        var state: String?
        var reason: String?
    }

    var entries: [Entry]

    init(entries: [Entry]) { self.entries = entries }

    init(from decoder: any Decoder) throws {
        entries = try decoder.singleValueContainer().decode([Entry].self)
    }

    /// Whether a version of the model answers, or is being loaded.
    func isComing(_ model: String) -> Bool {
        entries.contains { $0.name == model && ["READY", "LOADING"].contains($0.state) }
    }

    /// Whether the server still holds something of the model, or is about to. What failed or was unloaded stays in the list for
    /// as long as its directory is there, and what was loaded before a good reload does, too.
    func isHeld(_ model: String) -> Bool {
        entries.contains { $0.name == model && ["READY", "LOADING", "UNLOADING"].contains($0.state) }
    }

    /// Why versions of the model are not there, in the server's own words.
    func reason(of model: String) -> String? {
        entries.last { $0.name == model && $0.state == "UNAVAILABLE" && $0.reason.map { $0 != "unloaded" } == true }?
            .reason
    }
}
