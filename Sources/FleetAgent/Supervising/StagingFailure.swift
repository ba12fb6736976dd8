import Fleet

extension ReplicaFailure.Kind {
    /// What kind of failure ended the staging of a revision, by the code of what the blob store or the preflight threw.
    init(staging error: any Error) {
        self =
            switch (error as? AgentError)?.code {
            case .digestMismatch: .digest
            case .refused: .refused
            case .blobUnavailable, .blobMissing, .files, .link, .journalDamaged, .journalNewer, .start, .enrolment,
                .endpoint, nil:
                .fetch
            }
    }
}
