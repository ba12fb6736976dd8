import Fleet
import ReplicaLifecycle

/// What the supervising loop knows of the ways back.
struct WaysBack {
    private var revisions: [Digest: Revision] = [:]
    private var checks: [Digest: WayBackCheck] = [:]

    /// Nothing is known.
    init() {}

    /// Takes over what records name; all ways back when that has changed, else `nil`.
    mutating func update(_ records: [ReplicaRecord]) -> [Revision]? {
        var named: [Digest: Revision] = [:]
        for record in records {
            guard record.settlement?.state != .removed, let way = record.wayBack, let bytes = record.revision(way)
            else {
                continue
            }
            named[way.digest] = bytes
        }
        guard named != revisions else { return nil }
        revisions = named
        checks = checks.filter { named[$0.key] != nil }
        return named.values.sorted { $0.digest < $1.digest }
    }

    /// A revision's files were looked at.
    mutating func checked(_ digest: Digest, _ check: WayBackCheck) {
        if revisions[digest] != nil { checks[digest] = check }
    }

    /// Whether a deployment's host could go back; `nil` where nothing serves that one could leave.
    func readiness(of record: ReplicaRecord) -> RollbackReadiness? {
        guard record.standing != nil || record.serving != nil, record.settlement?.state != .removed else { return nil }
        guard let way = record.wayBack else {
            return RollbackReadiness(.none, reason: "no other revision was verified here that is good and not held")
        }
        guard let check = checks[way.digest] else {
            let reason = "the files of revision \(way.number) are being checked"
            return RollbackReadiness(.checking, revision: way, reason: reason)
        }
        return RollbackReadiness(
            check.problem == nil ? .ready : .notReady,
            revision: way,
            reason: check.problem.map { CauseText.clean($0) },
            verifiedAt: check.verifiedAt
        )
    }
}
