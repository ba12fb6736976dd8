import Fleet
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
/// runtimes/HEX.KEY/env/…                              environments made of wheels: one for each bundle and interpreter
/// runtimes/HEX.KEY/installed                          that one is whole, and how it was then
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
    var runtimes: String { "\(directory)/runtimes" }
    var replicas: String { "\(directory)/replicas" }
    var logs: String { "\(directory)/logs" }
    var telemetry: String { "\(directory)/telemetry" }
    var asks: String { "\(directory)/asks" }

    /// What a deployment's model server says, by the deployment's name.
    func log(of name: String) -> String { "\(logs)/\(name).log" }
    func replica(_ name: String) -> String { "\(replicas)/\(name)" }

    /// Where a bundle stands once it is here.
    func bundle(_ digest: Digest) -> String { "\(models)/\(digest.hex)" }

    /// Where wheels become an environment: its own directory for each bundle and interpreter. It begins with the bundle's
    /// digest.
    func installation(of bundle: Digest, python: String) -> String {
        "\(runtimes)/\(bundle.hex).\(Digest(of: python.utf8).hex.prefix(8))"
    }

    /// What `{runtime.dir}` stands for; `nil` without a bundle. An environment is used where it was made: it names its own
    /// path.
    func runtime(of runtime: RuntimeProfile) -> String? {
        guard let bundle = runtime.bundle, let digest = bundle.digest else { return nil }
        return switch bundle.install {
        case .directory: self.bundle(digest)
        case .wheels: "\(installation(of: digest, python: bundle.interpreter))/env"
        }
    }

    /// Makes what is missing.
    package func prepare(on disk: any AgentDisk = SystemDisk()) throws(AgentError) {
        for path in [directory, blobs, partialBlobs, removed, models, runtimes, replicas, logs, telemetry] {
            try disk.makeDirectories(path)
        }
        // An agent that was killed may have left names that are not durable, and what is found counts as here for good.
        for path in [blobs, models] { try? disk.syncDirectory(path) }
    }
}
