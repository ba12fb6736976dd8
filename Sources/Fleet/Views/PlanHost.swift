/// What happens to one host.
package struct PlanHost: Sendable, Codable {
    /// The deployment's name.
    package var deployment: String
    /// The host's name.
    package var host: String
    /// The wave, from 0; nil for a removal.
    package var wave: Int?
    /// What it serves.
    package var from: RevisionView?
    /// What it would serve; nil for a removal.
    package var to: RevisionView?
    /// The interruption to expect.
    package var gap: String?
    /// How long connections to what it serves may go on, at most; nil where nothing is replaced.
    package var drain: Span?
    /// Bytes of the bundle.
    package var fetchBytes: Int64?
    /// For example that it cannot be reached now.
    package var note: String?

    /// What happens to one host.
    package init(
        deployment: String,
        host: String,
        wave: Int? = nil,
        from: RevisionView? = nil,
        to: RevisionView? = nil,
        gap: String? = nil,
        drain: Span? = nil,
        fetchBytes: Int64? = nil,
        note: String? = nil
    ) {
        self.deployment = deployment
        self.host = host
        self.wave = wave
        self.from = from
        self.to = to
        self.gap = gap
        self.drain = drain
        self.fetchBytes = fetchBytes
        self.note = note
    }
}
