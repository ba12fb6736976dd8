import Fleet

/// Why a session is over.
struct SessionEnding: Sendable {
    /// For the log.
    var why: String
    /// Whether the controller had welcomed the host.
    var wasWelcome: Bool
    /// When to dial again, if the controller said so.
    var reconnectAfter: Span?
}
