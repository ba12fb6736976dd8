import Fleet

/// What a look at a way back has found.
struct WayBackCheck: Hashable, Sendable {
    /// When its files were last seen whole.
    var verifiedAt: Instant?
    /// Why it cannot be taken; `nil` when it can.
    var problem: String?
}
