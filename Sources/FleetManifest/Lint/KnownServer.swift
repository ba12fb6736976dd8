import Fleet

/// What is known of a server by its name.
struct KnownServer {
    /// The word that a command or a requirement names it by.
    var name: String
    /// Whether one process of it can hold several models.
    var holdsSeveral = false
    /// Whether it listens on every address and cannot be told otherwise.
    var listensEverywhere = false
    /// Whether the names of its page are known without a word.
    var hasBuiltInNames = false

    private static let all = [
        KnownServer(name: "mlserver", holdsSeveral: true, hasBuiltInNames: true),
        KnownServer(name: "tritonserver", holdsSeveral: true, hasBuiltInNames: true),
        KnownServer(name: "torchserve", holdsSeveral: true),
        KnownServer(name: "tensorflow_model_server", holdsSeveral: true),
        KnownServer(name: "kserve", holdsSeveral: true, listensEverywhere: true),
    ]

    /// The server of a runtime: the program that it starts, or what it asks a host for.
    static func of(_ runtime: RuntimeProfile) -> KnownServer? {
        let words = (runtime.requires ?? []).flatMap(\.command).flatMap { word in
            word.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
        }
        let program = runtime.command.first.map { RuntimeReview.name(of: $0) }
        return all.first { $0.name == program } ?? all.first { words.contains($0.name) }
    }
}
