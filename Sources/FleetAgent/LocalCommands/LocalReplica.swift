import Fleet
import ReplicaLifecycle

/// What only the host's own journal tells of a deployment: a report has revisions, and people know versions.
struct LocalReplica: Hashable, Sendable, Codable {
    /// The model that serves; `nil` when nothing does, or what serves cannot be read.
    var model: String?
    /// Its version.
    var version: String?
    /// Where clients reach it.
    var endpoint: Endpoint?
    /// What the host would go back to; `nil` when there is nothing.
    var wayBack: RevisionReference?
    /// The version of the way back.
    var wayBackVersion: String?
    /// What is condemned here: it is not gone back to, and not started by itself. An older agent tells none.
    var holds: [Hold]?
}

extension LocalReplica {
    init(_ record: ReplicaRecord) {
        let serving = record.serving.flatMap { Self.content($0, in: record) }
        model = serving?.name
        version = serving?.version
        endpoint = record.endpoint
        wayBack = record.wayBack
        wayBackVersion = wayBack.flatMap { Self.content($0, in: record) }?.version
        holds = record.holds
    }

    private static func content(
        _ reference: RevisionReference,
        in record: ReplicaRecord
    ) -> RevisionContent.ResolvedModel? {
        record.revision(reference).flatMap { try? JSONCoding.content(of: $0) }?.model
    }
}
