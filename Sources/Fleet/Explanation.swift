/// Why something is not where it should be: the same text in `explain`, the API, the command line and events.
package struct Explanation: Hashable, Sendable, Codable {
    /// What it waits for, or what is wrong.
    package var why: String
    /// Since when.
    package var since: Instant?
    /// Who can act: a person, a host, or Muster itself.
    package var who: String
    /// The next command to type, if there is one.
    package var next: String?

    /// Why something is not where it should be.
    package init(why: String, since: Instant? = nil, who: String, next: String? = nil) {
        self.why = why
        self.since = since
        self.who = who
        self.next = next
    }
}
