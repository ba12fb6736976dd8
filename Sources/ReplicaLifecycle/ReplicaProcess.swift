package import Fleet

/// A process that runs one revision, or is being started to.
package struct ReplicaProcess: Hashable, Sendable {
    /// The attempt to start it: tells a late word about an older process from news.
    package var attempt: UInt64
    /// What it runs.
    package var revision: RevisionReference
    /// `nil` until the driver has started it.
    package var instance: ReplicaReport.Instance?
    /// Established connections that end at it, where they were counted: while it drains.
    package var connections: Int?
    /// Why it does not end although it was killed, for people.
    package var overdue: String?

    /// A process.
    package init(attempt: UInt64, revision: RevisionReference, instance: ReplicaReport.Instance? = nil) {
        self.attempt = attempt
        self.revision = revision
        self.instance = instance
    }

    /// Whether it can serve the stable port that is asked for: it has a port of that name, or that very port.
    func canServe(_ endpoint: Endpoint?, by means: EndpointMeans) -> Bool {
        guard let endpoint else { return true }
        let port = instance?.ports[endpoint.to]
        return means == .switched ? port != nil : port == endpoint.port
    }
}
