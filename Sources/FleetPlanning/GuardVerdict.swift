/// What the guards say of a rollout. What feeds them is not built yet.
package enum GuardVerdict: Hashable, Sendable {
    /// Nothing speaks against it.
    case pass
    /// It must not go on.
    case fail(reason: String)
    /// They could not be read.
    case inconclusive(reason: String)
}
