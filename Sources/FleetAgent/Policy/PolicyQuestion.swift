import Fleet

/// What a revision asks of a host, as far as a policy bounds it: facts, read when they are needed.
struct PolicyQuestion: Sendable, Hashable {
    /// A program that would be run.
    struct Program: Sendable, Hashable {
        /// As the runtime names it, with its variables replaced.
        var written: String
        /// Where it was found, or would have to be; `nil` when a name is nowhere on the search path.
        var path: String?
        /// Where that leads in the end; `nil` while it is not there.
        var resolved: String?
        /// Why others than root and the agent can change what is run; `nil` when they cannot.
        var exposure: String?
    }

    /// A text that would be handed over.
    struct Text: Sendable, Hashable {
        /// Where it stands in the runtime or the deployment.
        var place: String
        var text: String
    }

    var driver: RuntimeProfile.Driver
    /// Whom the replica would run as; nobody where a server runs already.
    var user: String?
    var isRoot: Bool
    var programs: [Program]
    /// The container image that would be run; `nil` without one.
    var image: String?
    /// The directory into which a server's models would be put; `nil` for other drivers.
    var repository: String?
    var texts: [Text]
    /// The files of the host whose texts variables would have.
    var secrets: [Text]
    /// The endpoint's; `nil` without one.
    var port: UInt16?
    /// Where the model's own files are.
    var modelDirectory: String
    /// What the runtime brings, and where it would be used; `nil` when it brings nothing.
    var bundle: Digest?
    var runtimeDirectory: String?
    /// The agent's data directory: what is below it has come from the controller, or was made here for a replica.
    var dataDirectory: String
}
