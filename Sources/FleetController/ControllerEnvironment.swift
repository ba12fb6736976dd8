package import Fleet

/// Where the controller gets time, ids and chance from: one seam, so that tests and simulations can drive it.
package struct ControllerEnvironment: Sendable {
    /// The time now.
    package var now: @Sendable () -> Instant
    /// A new unique id: lowercase hexadecimal digits.
    package var freshID: @Sendable () -> String
    /// When the controller started.
    package let startedAt: Instant

    /// Time and ids.
    package init(now: @escaping @Sendable () -> Instant, freshID: @escaping @Sendable () -> String) {
        self.now = now
        self.freshID = freshID
        startedAt = now()
    }
}
