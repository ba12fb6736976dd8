/// Which part of what a replica's model server has written is asked for.
package struct LogQuery: Hashable, Sendable {
    /// The most lines that a tail may have.
    package static let mostLines = 1_000_000

    /// The deployment's uid.
    package var deployment: String
    /// Whether what is written from now on follows.
    package var follow: Bool
    /// Only so many lines of what there is; all when `nil`.
    package var tail: Int?
    /// Only from the first line on that bears this time or a later one.
    package var since: Instant?

    /// Everything that there is, unless something else is said.
    package init(deployment: String, follow: Bool = false, tail: Int? = nil, since: Instant? = nil) {
        self.deployment = deployment
        self.follow = follow
        self.tail = tail
        self.since = since
    }
}
