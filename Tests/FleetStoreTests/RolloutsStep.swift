/// The statements of step "2 rollouts", as released: a copy, so that a test tells when the step is edited.
enum RolloutsStep {
    static let statements = plans + rolloutHeaders + rolloutTargets + assignments + frozen

    /// The number of the last plan that was stored for a deployment.
    static let plans = ["ALTER TABLE deployment ADD COLUMN plan INTEGER NOT NULL DEFAULT 0"]

    /// Since when nothing may move, and why; both `NULL` while everything may.
    static let frozen = [
        "ALTER TABLE controller ADD COLUMN frozen_at INTEGER",
        "ALTER TABLE controller ADD COLUMN frozen_reason TEXT",
    ]

    /// `wave_ends`: numbers with commas between them. `pause`: JSON. `clock`, `baked_from`, `proven_at`: milliseconds.
    /// `clock_since`: an instant.
    static let rolloutHeaders = [
        "ALTER TABLE rollout ADD COLUMN actor TEXT",
        "ALTER TABLE rollout ADD COLUMN wave_ends TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE rollout ADD COLUMN promoted INTEGER NOT NULL DEFAULT -1",
        "ALTER TABLE rollout ADD COLUMN pause TEXT",
        "ALTER TABLE rollout ADD COLUMN clock INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE rollout ADD COLUMN clock_since INTEGER",
        "ALTER TABLE rollout ADD COLUMN baked_from INTEGER",
        "ALTER TABLE rollout ADD COLUMN proven_at INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE rollout ADD COLUMN accepted_exclusions INTEGER NOT NULL DEFAULT 0",
        """
        UPDATE rollout SET wave_ends = coalesce((
            SELECT group_concat(ends, ',') FROM (
                SELECT sum(count(*)) OVER (ORDER BY target.wave) AS ends FROM rollout_target target
                WHERE target.rollout = rollout.id GROUP BY target.wave ORDER BY target.wave
            )
        ), '')
        """,
        """
        UPDATE rollout SET wave = (
            SELECT max(count(DISTINCT target.wave) - 1, 0) FROM rollout_target target
            WHERE target.rollout = rollout.id AND target.wave <= rollout.wave
        )
        """,
    ]

    static let rolloutTargets = [
        "ALTER TABLE rollout_target RENAME TO rollout_target_1",
        """
        CREATE TABLE rollout_target (
            rollout TEXT NOT NULL REFERENCES rollout (id),
            host TEXT NOT NULL,
            name TEXT NOT NULL,
            site TEXT NOT NULL,
            wave INTEGER NOT NULL,
            asked TEXT NOT NULL,
            state TEXT NOT NULL,
            since INTEGER NOT NULL,
            since_active INTEGER NOT NULL,
            fetched INTEGER NOT NULL,
            reason TEXT,
            overlay TEXT,
            overlay_at INTEGER,
            overlay_reason TEXT,
            failure TEXT,
            PRIMARY KEY (rollout, host)
        )
        """,
        """
        INSERT INTO rollout_target (rollout, host, name, site, wave, asked, state, since, since_active, fetched, reason,
            overlay, overlay_at, failure)
        SELECT rollout, host, name, '', dense,
            CASE WHEN dense > rollout_wave THEN 'nothing'
                WHEN rollout_state IN ('aborting', 'aborted') THEN 'back' ELSE 'go' END,
            state, since, 0, 0, reason,
            CASE WHEN unreachable_since IS NOT NULL THEN 'unreachable' END, unreachable_since,
            CASE WHEN state IN ('failed', 'reverting', 'reverted', 'revertFailed')
                THEN coalesce(reason, 'it failed') END
        FROM (
            SELECT target.*, rollout.wave AS rollout_wave, rollout.state AS rollout_state,
                dense_rank() OVER (PARTITION BY target.rollout ORDER BY target.wave) - 1 AS dense
            FROM rollout_target_1 target JOIN rollout ON rollout.id = target.rollout
        ) WHERE true
        ON CONFLICT (rollout, host) DO NOTHING
        """,
        "DROP TABLE rollout_target_1",
        "CREATE INDEX rollout_target_counts ON rollout_target (rollout, wave, state)",
    ]

    /// `terms`: JSON of what items share. `digest`: of their content; that of items of step 1 is the host's id.
    static let assignments = [
        """
        CREATE TABLE assignment_terms (
            id INTEGER PRIMARY KEY,
            deployment TEXT NOT NULL REFERENCES deployment (uid),
            digest BLOB NOT NULL,
            terms TEXT NOT NULL,
            UNIQUE (deployment, digest)
        )
        """,
        """
        INSERT INTO assignment_terms (deployment, digest, terms)
        SELECT deployment, CAST(host AS BLOB), json_remove(item, '$.deployment', '$.number', '$.order', '$.revision')
        FROM assignment_item
        """,
        "ALTER TABLE assignment_item RENAME TO assignment_item_1",
        """
        CREATE TABLE assignment_item (
            host TEXT NOT NULL REFERENCES assignment (host),
            deployment TEXT NOT NULL REFERENCES deployment (uid),
            number INTEGER NOT NULL,
            asked TEXT NOT NULL,
            hold TEXT,
            revision INTEGER,
            terms INTEGER NOT NULL REFERENCES assignment_terms (id),
            PRIMARY KEY (host, deployment)
        )
        """,
        """
        INSERT INTO assignment_item (host, deployment, number, asked, hold, revision, terms)
        SELECT item.host, item.deployment, json_extract(item.item, '$.number'),
            CASE WHEN json_type(item.item, '$.order.rollback') IS NOT NULL THEN 'rollback'
                WHEN json_type(item.item, '$.order.remove') IS NOT NULL THEN 'remove' ELSE 'converge' END,
            json_extract(item.item, '$.order.rollback.id'), json_extract(item.item, '$.revision.number'), terms.id
        FROM assignment_item_1 item JOIN assignment_terms terms
            ON terms.deployment = item.deployment AND terms.digest = CAST(item.host AS BLOB)
        """,
        "DROP TABLE assignment_item_1",
        "CREATE INDEX assignment_item_of_deployment ON assignment_item (deployment, terms)",
    ]
}
