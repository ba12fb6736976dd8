package import Fleet

/// What was read at one moment of a host, or of one replica on it.
package struct FigureRecord: Hashable, Sendable {
    /// When it was read, by the host's clock.
    package var at: Instant
    /// The deployment's uid; `nil` for the host itself.
    package var deployment: String?
    /// Which start of the process, or of the host: another one counts from nothing.
    package var instance: String
    /// What was read. A figure that could not be read is missing.
    package var values: [Figure: Double]

    /// What was read at one moment.
    package init(at: Instant, deployment: String?, instance: String, values: [Figure: Double]) {
        self.at = at
        self.deployment = deployment
        self.instance = instance
        self.values = values
    }
}
