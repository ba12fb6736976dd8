package import Fleet

/// Who changes the store, why, when, and for which term of the controller. Part of every write.
package struct Change: Sendable, Hashable {
    /// The operator's name, a host's SPIFFE id, or `controller`.
    package var actor: String
    /// Why, in the actor's words.
    package var reason: String?
    /// The time of the change.
    package var now: Instant
    /// The term of the controller that writes; a write of an older term than the store's is refused.
    package var term: UInt64
    /// The request that asks for it, where that must not be carried out twice.
    package var request: RequestMark?

    package init(actor: String, reason: String? = nil, now: Instant, term: UInt64, request: RequestMark? = nil) {
        self.actor = actor
        self.reason = reason
        self.now = now
        self.term = term
        self.request = request
    }
}
