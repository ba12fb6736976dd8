import ShimProtocol

/// Where everything stands in the agent's data directory.
///
/// ```
/// agent.json key.pem certificate.pem authority.pem    who the host is: survives the loss of everything else
/// enrolling/attempt.json                              the key of an enrolment that the controller has not answered
/// journal                                             what the host keeps
/// endpoints endpoints.lock                            which stable port leads where
/// lock                                                one agent at a time
/// agent.sock                                          local commands, while it runs
/// blobs/sha256/HEX  blobs/partial/HEX                 files by digest, and what has come of others
/// blobs/removed/…                                     what is going: its names are gone already
/// blobs/uses                                          when each bundle was last of use
/// models/HEX/…                                        bundles as directories
/// replicas/KEY-N/                                     one start of one process each
/// logs/NAME.log NAME.log.1 NAME.log.2                 what the model servers say
/// telemetry/N                                         metric batches that the controller has not had yet
/// asks/N  asks/met-HEX                                a question to this host that is under way; an answer that will do
/// ```
package struct AgentFiles: Sendable, Hashable {
    /// The data directory, absolute.
    package let directory: String

    /// A data directory. Throws `files` when its path is not absolute or too long for the sockets in it.
    package init(directory: String) throws(AgentError) {
        let trimmed = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        guard trimmed.hasPrefix("/") else {
            throw AgentError(.files, "the data directory '\(directory)' is not an absolute path; give one with --data")
        }
        self.directory = trimmed
        let longest = replica("00000000-0000000000") + "/" + ShimFiles.socket
        guard longest.utf8.count <= ShimFiles.socketPathLimit else {
            let limit = ShimFiles.socketPathLimit - (longest.utf8.count - trimmed.utf8.count)
            throw AgentError(
                .files,
                "the data directory '\(trimmed)' is too long for the sockets in it (at most \(limit) bytes); "
                    + "choose a shorter --data"
            )
        }
    }

    /// The enrolment's settings.
    package var settings: String { "\(directory)/agent.json" }
    /// The host's private key, 0600.
    package var key: String { "\(directory)/key.pem" }
    /// The host's certificate chain.
    package var certificate: String { "\(directory)/certificate.pem" }
    /// The authorities that are trusted.
    package var authority: String { "\(directory)/authority.pem" }
    /// The journal.
    package var journal: String { "\(directory)/journal" }
    /// The endpoints' table, as it comes back after it was lost.
    var endpoints: String { "\(directory)/endpoints" }
    /// Where local commands are answered.
    var socket: String { "\(directory)/agent.sock" }
    var lock: String { "\(directory)/lock" }
    var blobs: String { "\(directory)/blobs/sha256" }
    var partialBlobs: String { "\(directory)/blobs/partial" }
    var removed: String { "\(directory)/blobs/removed" }
    var bundleUses: String { "\(directory)/blobs/uses" }
    var models: String { "\(directory)/models" }
    var replicas: String { "\(directory)/replicas" }
    var logs: String { "\(directory)/logs" }
    var telemetry: String { "\(directory)/telemetry" }
    var asks: String { "\(directory)/asks" }

    /// What a deployment's model server says, by the deployment's name.
    func log(of name: String) -> String { "\(logs)/\(name).log" }
    func replica(_ name: String) -> String { "\(replicas)/\(name)" }

    /// Makes what is missing.
    package func prepare(on disk: any AgentDisk = SystemDisk()) throws(AgentError) {
        for path in [directory, blobs, partialBlobs, removed, models, replicas, logs, telemetry] {
            try disk.makeDirectories(path)
        }
        // An agent that was killed may have left names that are not durable, and what is found counts as here for good.
        for path in [blobs, models] { try? disk.syncDirectory(path) }
    }
}
