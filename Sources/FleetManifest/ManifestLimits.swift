/// The bounds of what is read: beyond one, the answer names it.
package enum ManifestLimits {
    /// Bytes of one file or request body.
    package static let bytes = 1 << 20
    /// Nested lists and objects.
    package static let depth = 32
    /// Values of one file or body, keys not counted.
    package static let nodes = 50_000
    /// Documents of one file or body.
    package static let documents = 500
    /// Problems that are listed at once; the others are counted.
    package static let problems = 100
    /// Environment variables of one object.
    package static let variables = 256
    /// Bytes of one text, unless a rule says less.
    package static let textBytes = 32 << 10
    /// Arguments of a command.
    package static let arguments = 256
    /// What a runtime requires of a host.
    package static let requirements = 16
    /// Ports of a runtime.
    package static let ports = 16
    /// Names of a server's page that feed one figure.
    package static let metricNames = 32
    /// Hosts, wherever a number of them is written.
    package static let hosts = 1_000_000
    /// Waves of a rollout.
    package static let waves = 100
    /// Maintenance windows of a deployment.
    package static let windows = 32
    /// Freezes of a deployment.
    package static let freezes = 64
}
