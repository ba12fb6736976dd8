import Fleet

/// How long simulated hosts take for what takes real ones time.
struct SwarmTiming: Sendable, Hashable {
    /// From the order to stage a revision until its files are there.
    var fetch = Span(milliseconds: 0)
    /// From the start of a process until its model is ready.
    var start = Span(milliseconds: 0)
}
