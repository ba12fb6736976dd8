/// What applying some documents would do. It only shows.
package struct PlanView: Sendable, Codable {
    /// One a document.
    package var changes: [PlanChange]
    /// One a host and deployment that would change.
    package var hosts: [PlanHost]

    /// What applying some documents would do. It only shows.
    package init(
        changes: [PlanChange],
        hosts: [PlanHost]
    ) {
        self.changes = changes
        self.hosts = hosts
    }
}
