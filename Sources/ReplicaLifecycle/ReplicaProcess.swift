package import Fleet

/// A process that runs one revision, or is being started to.
package struct ReplicaProcess: Hashable, Sendable {
    /// The attempt to start it: tells a late word about an older process from news.
    package var attempt: UInt64
    /// What it runs.
    package var revision: RevisionReference
    /// `nil` until the driver has started it.
    package var instance: ReplicaReport.Instance?

    /// A process.
    package init(attempt: UInt64, revision: RevisionReference, instance: ReplicaReport.Instance? = nil) {
        self.attempt = attempt
        self.revision = revision
        self.instance = instance
    }

    /// Whether it has the stable port that is asked for.
    func answers(at endpoint: Endpoint?) -> Bool {
        guard let endpoint else { return true }
        return instance?.ports[endpoint.to] == endpoint.port
    }
}
