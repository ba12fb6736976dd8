package import Fleet

/// Where the controller gets time, ids and chance from: one seam, so that tests and simulations can drive it.
package struct ControllerEnvironment: Sendable {
    /// The time of day, which may jump: for what people and other machines are told, for windows, certificates and audit.
    package var now: @Sendable () -> Instant
    /// The time that planning and liveness are told: it begins as the time of day when the controller starts and then passes
    /// evenly, whatever is done to the clock. A jump must end no bake, and call no host down.
    package var steady: @Sendable () -> Instant
    /// A new unique id: lowercase hexadecimal digits.
    package var freshID: @Sendable () -> String
    /// When the controller started.
    package let startedAt: Instant

    /// Time and ids.
    ///
    /// - Parameter steady: the time that passes evenly; the time of day where that does.
    package init(
        now: @escaping @Sendable () -> Instant,
        steady: (@Sendable () -> Instant)? = nil,
        freshID: @escaping @Sendable () -> String
    ) {
        self.now = now
        self.steady = steady ?? now
        self.freshID = freshID
        startedAt = self.steady()
    }

    /// What leads from the time of planning to the time of day.
    package var toTimeOfDay: Span { now() - steady() }
}
