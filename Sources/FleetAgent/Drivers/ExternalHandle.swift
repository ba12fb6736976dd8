import ShimProtocol

/// How an agent finds a model again that it has loaded into a server which runs already: `external` in the replica's directory,
/// written before the server hears of it.
struct ExternalHandle: Hashable, Sendable {
    /// The name of the file.
    static let file = "external"
    private static let format = "muster-external/1"

    /// How far it has come.
    enum Phase: String, Sendable {
        /// It has been loaded under its private name, or may have been.
        case proving
        /// It has the public name, or may have it.
        case published
        /// It was given up under its private name, and its server has not confirmed that it let go of it.
        case abandoned
    }

    /// The server's address and port.
    var address: String
    var port: UInt16
    /// The directory out of which the server loads.
    var repository: String
    /// The public name.
    var model: String
    /// Which start it is.
    var start: String
    var phase: Phase
    /// Whether its server has said that it loaded it under the public name.
    var isLoaded = false
    /// The process that listens there; `nil` when the agent may not see whose the port is.
    var server: ProcessIdentity?
    /// The boot that it belongs to.
    var boot: String
    /// Milliseconds since 1970 at the start.
    var startedAt: Int64

    /// The file's text: one `name value` a line.
    var text: String {
        let lines = [
            Self.format, "address \(address)", "port \(port)", "repository \(repository)", "model \(model)",
            "start \(start)", "phase \(phase.rawValue)", isLoaded ? "loaded yes" : nil, server.map { "server \($0)" },
            "started \(startedAt)",
            "boot \(boot)",
        ]
        return lines.compactMap(\.self).joined(separator: "\n") + "\n"
    }
}

extension ExternalHandle {
    /// Reads the file's text; `nil` for another version or a torn file. Lines that a newer agent adds are left out.
    init?(text: String) {
        guard let lines = NamedLines(text, format: Self.format), let address = lines["address"],
            let port = lines["port"].flatMap({ UInt16($0) }), let repository = lines["repository"],
            let model = lines["model"], let start = lines["start"],
            let phase = lines["phase"].flatMap(Phase.init(rawValue:)),
            let startedAt = lines["started"].flatMap({ Int64($0) }), let boot = lines["boot"]
        else { return nil }
        self.init(
            address: address,
            port: port,
            repository: repository,
            model: model,
            start: start,
            phase: phase,
            isLoaded: lines["loaded"] == "yes",
            server: lines["server"].flatMap { ProcessIdentity(text: $0) },
            boot: boot,
            startedAt: startedAt
        )
    }

    /// The handle in a replica's directory; `nil` when it is none of an external server's.
    init?(in directory: String) {
        guard let text = try? FileAccess.readText("\(directory)/\(Self.file)") else { return nil }
        self.init(text: text)
    }

    /// Writes it.
    func write(in directory: String) throws(AgentError) {
        try FileAccess.replace("\(directory)/\(Self.file)", with: Array(text.utf8))
    }
}
