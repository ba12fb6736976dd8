package import Fleet

/// Where an agent's answers come from; each may block for as long as the disk takes.
package struct AnswerSources: Sendable {
    /// Where a deployment's log is, by its uid; `nil` when the host does not know the deployment.
    package var log: @Sendable (String) -> ReplicaLogPlace?
    /// What the host says of itself.
    package var inspection: @Sendable () -> HostInspection
    /// Every revision that the host's journal has.
    package var revisions: @Sendable () -> [KnownRevision]
    /// The texts of the files that a revision names, by their paths: they leave the host in no text.
    package var secrets: @Sendable (RevisionContent) -> [String: String]

    /// Where an agent's answers come from.
    package init(
        log: @escaping @Sendable (String) -> ReplicaLogPlace?,
        inspection: @escaping @Sendable () -> HostInspection,
        revisions: @escaping @Sendable () -> [KnownRevision] = { [] },
        secrets: @escaping @Sendable (RevisionContent) -> [String: String] = { _ in [:] }
    ) {
        self.log = log
        self.inspection = inspection
        self.revisions = revisions
        self.secrets = secrets
    }
}
