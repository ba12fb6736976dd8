package import Fleet

/// How long each step may take before the planner stops waiting for it: DESIGN §8, "Time".
package enum PlanningTimes {
    /// A fetch without progress.
    package static let fetch = Span.seconds(120)
    /// From the order to move until the model is ready.
    package static let start = Span.seconds(600)
    /// From ready until the golden probe has been answered.
    package static let probe = Span.seconds(300)
    /// From proven until the endpoint leads to it.
    package static let switching = Span.seconds(60)
    /// Beyond `stableFor`, until the host says that it is verified.
    package static let observing = Span.seconds(300)
    /// From one newly verified host to the next, while a wave is under way.
    package static let stalled = Span.seconds(3600)
    /// How long a host that was told to move may be dark before it is presumed to have failed.
    package static let dark = Span.seconds(600)
    /// How many items that only have to be brought up to date one plan may hold.
    package static let refreshBatch = 500
    /// The share of a list, in a hundred, that may be excluded before a person is asked.
    package static let excludedShare = 20
}
