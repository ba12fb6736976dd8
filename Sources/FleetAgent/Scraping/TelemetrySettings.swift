package import Fleet

/// How figures are read and kept.
package struct TelemetrySettings: Hashable, Sendable {
    /// How often they are read and sent; zero for never.
    package var interval: Span
    /// Bytes that may wait on the disk while the controller is away.
    package var quota: Int64

    /// How figures are read and kept.
    package init(interval: Span = .seconds(15), quota: Int64 = 16 << 20) {
        self.interval = interval
        self.quota = quota
    }
}
