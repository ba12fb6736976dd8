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
    /// - Parameters:
    ///   - wanted: what they are to serve.
    ///   - holds: those that hold on some hosts only let these serve something else.
    package init(of hosts: [DeploymentHostView], wanted: RevisionView?, holds: [HoldView] = []) {
        assigned = hosts.count(where: \.assigned)
        settled = hosts.count { host in
            guard host.assigned, let wanted, let serving = host.serving,
                host.state == .verified && host.reason == nil || host.state == .reverted
            else { return false }
            if serving.digest == wanted.digest { return true }
            let here = holds.filter { $0.hosts?.contains(host.host) == true }.map(\.revision.written)
            return here.contains(wanted.written) && !here.contains(serving.written)
        }
        let served = hosts.filter { $0.assigned && $0.serving != nil }
        serving = served.count
        ready = served.count { $0.rollback?.state == .ready }
        unready = served.count { [.checking, .notReady].contains($0.rollback?.state) }
    }
}
