import Fleet

/// What one start of one process was for: `replica.json` beside the shim's handle.
struct ReplicaTicket: Hashable, Sendable, Codable {
    /// The name of the file.
    static let file = "replica.json"

    /// The deployment's uid.
    var deployment: String
    /// The attempt.
    var attempt: UInt64
    /// What was started.
    var revision: RevisionReference
    /// Ports by name.
    var ports: [String: UInt16]
    /// The ports that it has in a container of an address of its own, by name; `nil` where they are the host's.
    var inside: [String: UInt16]?
    /// The name of its log.
    var log: String?
    /// What it has reserved and is bounded by.
    var resources: ReplicaResources?

    /// The name of the directory: short, since sockets have short paths.
    var directoryName: String { Self.directoryName(deployment: deployment, attempt: attempt) }

    static func directoryName(deployment: String, attempt: UInt64) -> String {
        "\(Digest(of: deployment.utf8).hex.prefix(8))-\(attempt)"
    }

    /// What such a name says; `nil` when it is no such name.
    static func parts(ofDirectory name: String) -> (deployment: Substring, attempt: UInt64)? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let attempt = UInt64(parts[1]) else { return nil }
        return (parts[0], attempt)
    }
}
