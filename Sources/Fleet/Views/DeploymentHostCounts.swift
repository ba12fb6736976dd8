/// How many hosts of a deployment are where they should be.
package struct DeploymentHostCounts: Sendable, Codable, Hashable {
    /// Hosts that the selector takes.
    package var assigned: Int
    /// Those that serve what is wanted, proven, with nothing wrong since.
    package var settled: Int
    /// Those that serve something.
    package var serving: Int
    /// Those that could go back now.
    package var ready: Int
    /// Those that have something to go back to and could not, or are still looking.
    package var unready: Int

    /// Counts of all hosts of a deployment.
    ///
    /// - Parameter wanted: what they are to serve.
    package init(of hosts: [DeploymentHostView], wanted: RevisionView?) {
        assigned = hosts.count(where: \.assigned)
        settled = hosts.count { host in
            host.assigned && wanted != nil && host.serving?.digest == wanted?.digest
                && (host.state == .verified && host.reason == nil || host.state == .reverted)
        }
        let served = hosts.filter { $0.assigned && $0.serving != nil }
        serving = served.count
        ready = served.count { $0.rollback?.state == .ready }
        unready = served.count { [.checking, .notReady].contains($0.rollback?.state) }
    }
}
