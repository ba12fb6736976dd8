/// What a rollback of one deployment began.
package struct RollbackStart: Sendable, Codable {
    /// What it condemned.
    package var hold: HoldView
    /// Where each host stands now.
    package var hosts: [DeploymentHostView]

    /// What a rollback began.
    package init(
        hold: HoldView,
        hosts: [DeploymentHostView]
    ) {
        self.hold = hold
        self.hosts = hosts
    }
}
