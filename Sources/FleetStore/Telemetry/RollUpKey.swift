package import Fleet
package import FleetMetrics

/// What one row of the telemetry's history is of.
package struct RollUpKey: Hashable, Sendable {
    /// How long one row is of.
    package static let span = Span.seconds(300)

    /// The host's id.
    package var host: String
    /// The deployment's uid; empty for the host itself.
    package var deployment: String
    /// Which figure.
    package var figure: Figure
    /// When the row's time begins: a multiple of `span`.
    package var begin: Instant

    /// The row that a moment belongs to.
    package init(host: String, deployment: String?, figure: Figure, at: Instant) {
        self.host = host
        self.deployment = deployment ?? ""
        self.figure = figure
        let span = Self.span.milliseconds
        begin = Instant(milliseconds: at.milliseconds / span * span)
    }
}
