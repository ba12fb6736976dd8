import Fleet
import FleetStore

/// A rollback that has just ended: another one soon after it is more often a second press than a wish to go one version
/// further back.
struct RecentRollback {
    /// So long after a rollback's last receipt another one has to be asked for in so many words.
    static let guarded = Span.seconds(600)
    /// A receipt of a rollback that is older than this comes from a host that was away: nobody presses because of that.
    static let longest = Span.seconds(86_400)

    let rollback: Rollback
    /// When its last host got its receipt.
    let ended: Instant
    /// What it condemned.
    let condemned: [RevisionReference]

    /// The newest one of a deployment that was for hosts of a scope.
    ///
    /// - Parameter scope: the ids of the scope's hosts; `nil` for all.
    static func newest(
        of uid: String,
        on scope: Set<String>?,
        at now: Instant,
        in reader: FleetReader
    ) throws -> RecentRollback? {
        let since = Instant(milliseconds: now.milliseconds - longest.milliseconds)
        let ended = Instant(milliseconds: now.milliseconds - guarded.milliseconds)
        for entry in try reader.recentRollbacks(of: uid, since: since, ended: ended) {
            let holds = try reader.holds(ofRollback: entry.rollback.id).map(\.hold).filter { hold in
                guard hold.deployment == uid else { return false }
                guard let hosts = hold.hosts, let scope else { return true }
                return !scope.isDisjoint(with: hosts)
            }
            guard !holds.isEmpty else { continue }
            return RecentRollback(rollback: entry.rollback, ended: entry.ended, condemned: holds.map(\.revision))
        }
        return nil
    }

    /// Whether condemning a revision now would go one version further back than this did. What it condemned itself may be
    /// condemned on further hosts, and what was rolled out since is another matter.
    func isPressedAgain(condemning revision: RevisionReference, _ newest: Rollout?) -> Bool {
        guard !condemned.contains(where: { $0.isSameContent(as: revision) }) else { return false }
        guard let newest, newest.startedAt > rollback.at else { return true }
        return !newest.revision.isSameContent(as: revision)
    }

    /// Who, when and why; for people.
    var words: String {
        "\(rollback.actor) rolled it back at \(rollback.at) (\(rollback.id): \(rollback.reason)), and that ended at \(ended)"
    }
}
