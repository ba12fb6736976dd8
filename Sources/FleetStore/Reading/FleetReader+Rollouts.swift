package import Fleet
import StoreDriver

extension FleetReader {
    /// A rollout by id.
    package func rollout(_ id: String) throws -> Rollout? {
        try transaction.row("SELECT * FROM rollout WHERE id = ?", [.text(id)]).map { try rollout($0) }
    }

    /// A deployment's active rollout.
    package func activeRollout(of deployment: String) throws -> Rollout? {
        try transaction.row("SELECT * FROM rollout WHERE deployment = ? AND active = 1", [.text(deployment)])
            .map { try rollout($0) }
    }

    /// A deployment's newest rollout, active or not.
    package func newestRollout(of deployment: String) throws -> Rollout? {
        try transaction.row(
            "SELECT * FROM rollout WHERE deployment = ? ORDER BY created DESC LIMIT 1",
            [.text(deployment)]
        ).map { try rollout($0) }
    }

    /// All active rollouts, oldest first.
    package func activeRollouts() throws -> [Rollout] {
        try transaction.rows("SELECT * FROM rollout WHERE active = 1 ORDER BY created").map { try rollout($0) }
    }

    private func rollout(_ row: StoreRow) throws -> Rollout {
        let id = try row.text("id")
        return Rollout(
            id: id,
            deployment: try row.text("deployment"),
            revision: try row.revisionReference(),
            state: try row.word("state"),
            since: try row.instant("since"),
            reason: try row.text("reason"),
            startedAt: try row.instant("started_at"),
            wave: Int(try row.integer("wave")),
            targets: try transaction.rows(
                "SELECT * FROM rollout_target WHERE rollout = ? ORDER BY position",
                [.text(id)]
            ).map { try target($0) }
        )
    }

    private func target(_ row: StoreRow) throws -> Rollout.Target {
        Rollout.Target(
            host: try row.text("host"),
            name: try row.text("name"),
            wave: Int(try row.integer("wave")),
            state: try row.word("state"),
            since: try row.instant("since"),
            reason: try row.textOrNull("reason"),
            unreachableSince: try row.instantOrNull("unreachable_since")
        )
    }
}
