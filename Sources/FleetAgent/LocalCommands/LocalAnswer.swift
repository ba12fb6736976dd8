/// What the agent says to a `LocalRequest`: exactly one of its parts.
struct LocalAnswer: Hashable, Sendable, Codable {
    /// To `status`.
    var status: LocalStatus?
    /// What was done, for people.
    var done: String?
    /// Why it was not done, and what to do; nothing has changed.
    var refused: String?
}
