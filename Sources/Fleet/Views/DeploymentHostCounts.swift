/// How many hosts of a deployment are where they should be.
package struct DeploymentHostCounts: Sendable, Codable, Hashable {
    /// Hosts that the selector takes.
    package var assigned: Int
    /// Those that serve what is wanted, proven, with nothing wrong since.
    package var settled: Int

    /// Counts of all hosts of a deployment.
    ///
    /// - Parameter wanted: what they are to serve.
    package init(of hosts: [DeploymentHostView], wanted: RevisionView?) {
        assigned = hosts.count(where: \.assigned)
        settled = hosts.count { host in
            host.assigned && wanted != nil && host.serving?.digest == wanted?.digest
                && (host.state == .verified && host.reason == nil || host.state == .reverted)
        }
    }
}
