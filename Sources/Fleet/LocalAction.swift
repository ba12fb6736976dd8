/// What a person did on a host itself: pinned a deployment there, took it back, or let it go again.
package struct LocalAction: Hashable, Sendable, Codable {
    /// Who: a user of the host, by the host's word.
    package var actor: String
    /// What: `pin`, `unpin` or `rollback`; a newer host may know others.
    package var verb: String
    /// Why; `nil` when nothing was said.
    package var reason: String?

    /// Something that was done.
    package init(actor: String, verb: String, reason: String?) {
        self.actor = actor
        self.verb = verb
        self.reason = reason
    }
}
