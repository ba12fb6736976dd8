package import Fleet
import StoreDriver

extension FleetReader {
    /// A rollout by id: its header, as all of these.
    package func rollout(_ id: String) throws -> Rollout? {
        try transaction.row("SELECT * FROM rollout WHERE id = ?", [.text(id)])?.rollout()
    }

    /// A deployment's active rollout.
    package func activeRollout(of deployment: String) throws -> Rollout? {
        try transaction.row("SELECT * FROM rollout WHERE deployment = ? AND active = 1", [.text(deployment)])?.rollout()
    }

    /// A deployment's newest rollout, active or not.
    package func newestRollout(of deployment: String) throws -> Rollout? {
        try rollouts(of: deployment, limit: 1).first
    }

    /// A deployment's rollouts, the newest first.
    package func rollouts(of deployment: String, limit: Int) throws -> [Rollout] {
        try transaction.rows(
            "SELECT * FROM rollout WHERE deployment = ? ORDER BY created DESC LIMIT ?",
            [.text(deployment), .int(limit)]
        ).map { try $0.rollout() }
    }

    /// All active rollouts, oldest first.
    package func activeRollouts() throws -> [Rollout] {
        try transaction.rows("SELECT * FROM rollout WHERE active = 1 ORDER BY created").map { try $0.rollout() }
    }

    /// A rollout's frozen list, by the hosts' ids.
    package func targets(of rollout: String) throws -> [RolloutTarget] {
        try transaction.rows("SELECT * FROM rollout_target WHERE rollout = ? ORDER BY host", [.text(rollout)])
            .map { try $0.rolloutTarget() }
    }

    /// One host of a rollout's list.
    package func target(of rollout: String, on host: String) throws -> RolloutTarget? {
        try transaction.row(
            "SELECT * FROM rollout_target WHERE rollout = ? AND host = ?",
            [.text(rollout), .text(host)]
        )?.rolloutTarget()
    }

    /// How many hosts of a rollout's list stand where, by waves. Reads no target as a value.
    package func targetCounts(of rollout: String) throws -> [RolloutTargetCount] {
        try transaction.rows(
            """
            SELECT wave, state, asked, overlay, failure IS NOT NULL AS failed, count(*) AS count FROM rollout_target
            WHERE rollout = ? GROUP BY wave, state, asked, overlay, failure IS NOT NULL
            ORDER BY wave, state, asked, overlay, failed
            """,
            [.text(rollout)]
        ).map { row in
            RolloutTargetCount(
                wave: try row.int("wave"),
                state: try row.word("state"),
                asked: try row.word("asked"),
                overlay: try row.textOrNull("overlay"),
                isFailed: try row.bool("failed"),
                count: try row.int("count")
            )
        }
    }
}
