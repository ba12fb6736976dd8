/// What a write of a named object did.
package struct Written: Sendable, Hashable {
    /// What happened.
    package enum Action: String, Sendable, Hashable {
        case created, updated
        /// What was written is what was there: no revision was taken, nothing audited.
        case unchanged
    }

    /// What happened.
    package var action: Action
    /// The object's resource version now.
    package var resourceVersion: UInt64
}
