/// What a person should know of a host, though everything works.
package enum HostWarning: Hashable, Sendable {
    /// Its replicas run as root.
    case replicasRunAsRoot
    /// A local command keeps a deployment where it is.
    case pinned(LocalPin, deployment: String)
    /// In the host's own words.
    case said(String)

    /// For people, with what to do.
    package var text: String {
        switch self {
        case .said(let text): text
        case .replicasRunAsRoot:
            "its replicas run as root: give them a user with --replica-user, or run the agent as a user of its own"
        case .pinned(let pin, let deployment):
            "deployment '\(deployment)' is \(pin.text); nothing moves there until `muster-agent unpin \(deployment)`"
        }
    }
}

extension HostReport {
    /// What a person should know of the host.
    package var warnings: [HostWarning] {
        (facts.isRoot ? [.replicasRunAsRoot] : []) + (facts.warnings ?? []).map { .said($0) }
            + replicas.compactMap { replica in replica.pin.map { .pinned($0, deployment: replica.name) } }
    }

    /// How many of its replicas serve, and are as they should be.
    package var serving: Int { replicas.count { $0.serving != nil && $0.trouble == nil } }
}

extension ReplicaReport {
    /// What is wrong with a replica that was verified.
    package var trouble: String? { state == .verified ? reason : nil }
}
