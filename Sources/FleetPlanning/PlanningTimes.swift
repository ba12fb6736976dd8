package import Fleet

/// How long each step may take before the planner stops waiting for it: DESIGN §8, "Time".
package enum PlanningTimes {
    /// What is granted beyond the host's own clock of the same step, which begins earlier and names the cause when it runs
    /// out: the planner's is for hosts that say nothing.
    package static let margin = Span.seconds(60)
    /// A fetch without progress.
    package static let fetch = Span.seconds(120)
    /// From the order to move until the model is ready; the host gives up after 10 min.
    package static let start = Span.seconds(600) + margin
    /// From ready until the golden probe has been answered; the host gives up after 5 min.
    package static let probe = Span.seconds(300) + margin
    /// From proven until the endpoint leads to it; the host gives up after 1 min.
    package static let switching = Span.seconds(60) + margin
    /// Beyond `stableFor`, until the host says that it is verified.
    package static let observing = Span.seconds(300)
    /// From one newly verified host to the next, while a wave is under way.
    package static let stalled = Span.seconds(3600)
    /// How long a host that was told to move may be dark before it is presumed to have failed.
    package static let dark = Span.seconds(600)
    /// How long a host that was told to go back may be silent before another goes in its place.
    package static let silent = Span.seconds(10)
    /// How many items that only have to be brought up to date one plan may hold.
    package static let refreshBatch = 500
    /// The share of a list, in a hundred, that may be excluded before a person is asked.
    package static let excludedShare = 20
}
