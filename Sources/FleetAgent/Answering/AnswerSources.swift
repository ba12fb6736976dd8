package import Fleet

/// Where an agent's answers come from; each may block for as long as the disk takes.
package struct AnswerSources: Sendable {
    /// Where a deployment's log is, by its uid; `nil` when the host does not know the deployment.
    package var log: @Sendable (String) -> ReplicaLogPlace?
    /// What the host says of itself.
    package var inspection: @Sendable () -> HostInspection
    /// Every revision that the host's journal has.
    package var revisions: @Sendable () -> [KnownRevision]

    /// Where an agent's answers come from.
    package init(
        log: @escaping @Sendable (String) -> ReplicaLogPlace?,
        inspection: @escaping @Sendable () -> HostInspection,
        revisions: @escaping @Sendable () -> [KnownRevision] = { [] }
    ) {
        self.log = log
        self.inspection = inspection
        self.revisions = revisions
    }
}
