/// What a person on the host asks of its agent, through the socket in the data directory: one line of JSON, answered by one
/// `LocalAnswer`. Fields are only ever added.
struct LocalRequest: Hashable, Sendable, Codable {
    /// What is asked.
    enum Verb: String, Hashable, Sendable, Codable {
        /// How things stand.
        case status
        /// Let nothing move but restarts of what serves.
        case pin
        /// Let the controller have its way again.
        case unpin
        /// Go back to the last good revision, and let nothing move from there.
        case rollback
    }

    var verb: Verb
    /// The deployment's name; every verb but `status` has one.
    var deployment: String?
    /// Who asks: a user of the host, by the client's word. Only the agent's user and root reach the socket.
    var actor: String?
    /// Why; `pin` and `rollback` have one.
    var reason: String?
}
