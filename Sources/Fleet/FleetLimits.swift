/// The bounds of DESIGN §11: enforced, documented, tested.
package enum FleetLimits {
    /// Bytes of one message on the link.
    package static let messageBytes = 1 << 20
    /// Bytes of one host report.
    package static let reportBytes = 256 << 10
    /// Bytes of one batch of metrics.
    package static let telemetryBytes = 64 << 10
    /// Streams a connection.
    package static let streams = 16
    /// Bytes of a header list.
    package static let headerListBytes = 16 << 10
    /// Replicas a host.
    package static let replicasPerHost = 64
    /// Labels a host or object.
    package static let labels = 64
    /// Bytes of one revision: several fit into one assignment.
    package static let revisionBytes = 128 << 10
    /// Revisions kept beyond those that DESIGN §1 protects.
    package static let revisionsKept = 10
}
