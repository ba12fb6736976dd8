/// Step "3 rollbacks": rollbacks and each host's part in them, holds that know which rollback made them and where they
/// hold, and a serving history that answers for any time.
///
/// Until then a rollback was one hold of one deployment and had its id; hosts know it by that.
extension FleetSchema {
    /// `hosts`: JSON of the hosts' ids; `NULL` for everywhere.
    static let narrowHolds = [
        "ALTER TABLE hold ADD COLUMN rollback TEXT",
        "ALTER TABLE hold ADD COLUMN hosts TEXT",
        "UPDATE hold SET rollback = id",
        "CREATE INDEX hold_of_rollback ON hold (rollback)",
    ]

    /// `scope_value`: a JSON list of names, or a selector. `destination_value`: a version, or milliseconds.
    /// `created`: the store's revision. A rollback's order for a deployment names a revision where one was asked for.
    static let rollbacks = [
        """
        CREATE TABLE rollback (
            id TEXT PRIMARY KEY,
            project TEXT NOT NULL REFERENCES project (name),
            actor TEXT NOT NULL,
            reason TEXT NOT NULL,
            at INTEGER NOT NULL,
            scope TEXT NOT NULL,
            scope_value TEXT,
            hosts TEXT,
            destination TEXT NOT NULL,
            destination_value TEXT,
            strategy TEXT NOT NULL,
            on_failure TEXT NOT NULL,
            drill INTEGER NOT NULL,
            undone_at INTEGER,
            undone_by TEXT,
            undone_reason TEXT,
            created INTEGER NOT NULL
        )
        """,
        "CREATE INDEX rollback_created ON rollback (project, created)",
        """
        CREATE TABLE rollback_order (
            rollback TEXT NOT NULL REFERENCES rollback (id),
            deployment TEXT NOT NULL REFERENCES deployment (uid),
            created INTEGER NOT NULL,
            strategy TEXT NOT NULL,
            on_failure TEXT NOT NULL,
            revision INTEGER,
            digest TEXT,
            written TEXT,
            PRIMARY KEY (rollback, deployment)
        )
        """,
        "CREATE INDEX rollback_order_of_deployment ON rollback_order (deployment, created)",
        """
        INSERT INTO rollback (id, project, actor, reason, at, scope, scope_value, destination, strategy, on_failure, drill,
            created)
        SELECT hold.id, deployment.project, hold.actor, hold.reason, hold.since, 'deployments',
            json_array(deployment.name), 'lastGood', 'fast', 'keepServing', 0,
            row_number() OVER (ORDER BY hold.since, hold.id)
        FROM hold JOIN deployment ON deployment.uid = hold.deployment
        """,
        """
        INSERT INTO rollback_order (rollback, deployment, created, strategy, on_failure)
        SELECT rollback.id, hold.deployment, rollback.created, 'fast', 'keepServing' FROM hold JOIN rollback ON rollback.id = hold.id
        """,
    ]

    /// `receipt`: the word for its kind; `detail`: the state, what becomes of the replica, or the cause.
    /// `open`: 1 until the receipt is the last one. `audit`, `audit_hash`: of the last receipt.
    static let rollbackEntries = [
        """
        CREATE TABLE rollback_entry (
            rollback TEXT NOT NULL,
            deployment TEXT NOT NULL,
            host TEXT NOT NULL,
            name TEXT NOT NULL,
            wave INTEGER NOT NULL,
            from_revision INTEGER,
            from_digest TEXT,
            from_written TEXT,
            to_revision INTEGER,
            to_digest TEXT,
            to_written TEXT,
            turn TEXT,
            since INTEGER NOT NULL,
            receipt TEXT NOT NULL,
            detail TEXT,
            serving_revision INTEGER,
            serving_digest TEXT,
            serving_written TEXT,
            receipt_at INTEGER NOT NULL,
            proven_at INTEGER,
            item INTEGER,
            open INTEGER NOT NULL,
            audit INTEGER,
            audit_hash TEXT,
            PRIMARY KEY (rollback, deployment, host),
            FOREIGN KEY (rollback, deployment) REFERENCES rollback_order (rollback, deployment)
        )
        """,
        "CREATE INDEX rollback_entry_of_host ON rollback_entry (deployment, host)",
        "CREATE INDEX rollback_entry_open ON rollback_entry (deployment, rollback) WHERE open = 1",
        "CREATE INDEX rollback_entry_counts ON rollback_entry (rollback, deployment, receipt, detail)",
        """
        INSERT INTO rollback_entry (rollback, deployment, host, name, wave, turn, since, receipt, detail, serving_revision,
            serving_digest, serving_written, to_revision, to_digest, to_written, receipt_at, proven_at, open)
        SELECT hold, deployment, host, name, 0, 'go', at, kind,
            CASE kind WHEN 'inProgress' THEN json_extract(receipt, '$.inProgress._0')
                WHEN 'noTarget' THEN json_extract(receipt, '$.noTarget._0')
                WHEN 'failed' THEN json_extract(receipt, '$.failed.cause') END,
            json_extract(serving, '$.number'), json_extract(serving, '$.digest'), json_extract(serving, '$.written'),
            CASE WHEN kind <> 'unaffected' THEN json_extract(serving, '$.number') END,
            CASE WHEN kind <> 'unaffected' THEN json_extract(serving, '$.digest') END,
            CASE WHEN kind <> 'unaffected' THEN json_extract(serving, '$.written') END,
            at, CASE kind WHEN 'done' THEN at END, CASE WHEN kind IN ('inProgress', 'offline') THEN 1 ELSE 0 END
        FROM (
            SELECT receipt.*, hold.deployment, host.name, kind.key AS kind,
                json_extract(receipt.receipt, '$.' || kind.key || '.serving') AS serving
            FROM receipt JOIN hold ON hold.id = receipt.hold JOIN host ON host.id = receipt.host,
                json_each(receipt.receipt) AS kind
        )
        """,
        """
        INSERT INTO rollback_entry (rollback, deployment, host, name, wave, turn, since, receipt, detail, receipt_at, item,
            open)
        SELECT item.hold, item.deployment, item.host, host.name, 0, 'go', hold.since, 'inProgress', 'pending', hold.since,
            item.number, 1
        FROM assignment_item item JOIN hold ON hold.id = item.hold AND hold.deployment = item.deployment
            JOIN host ON host.id = item.host
        WHERE item.asked = 'rollback'
        ON CONFLICT (rollback, deployment, host) DO NOTHING
        """,
        "DROP TABLE receipt",
    ]

    /// Step "4 undone deployments": a rollback is taken back one deployment after the other; it is undone itself when all are.
    static let undoneOrders = [
        "ALTER TABLE rollback_order ADD COLUMN undone_at INTEGER",
        "ALTER TABLE rollback_order ADD COLUMN undone_by TEXT",
        "ALTER TABLE rollback_order ADD COLUMN undone_reason TEXT",
        """
        UPDATE rollback_order SET (undone_at, undone_by, undone_reason) = (
            SELECT undone_at, undone_by, undone_reason FROM rollback WHERE rollback.id = rollback_order.rollback)
        """,
    ]

    /// `level`: see ``ServingLevel``. The model and the version of a revision stand beside its bytes.
    static let servingTimes = [
        "ALTER TABLE revision ADD COLUMN model TEXT",
        "ALTER TABLE revision ADD COLUMN version TEXT",
        """
        UPDATE revision SET model = json_extract(CAST(bytes AS TEXT), '$.model.name'),
            version = json_extract(CAST(bytes AS TEXT), '$.model.version')
        """,
        "CREATE INDEX revision_of_model ON revision (model, version, digest)",
        "ALTER TABLE serving ADD COLUMN level INTEGER NOT NULL DEFAULT -1",
        """
        UPDATE serving SET level = CASE
            WHEN until - since < 65536 THEN 0
            WHEN until - since < 262144 THEN 1
            WHEN until - since < 1048576 THEN 2
            WHEN until - since < 4194304 THEN 3
            WHEN until - since < 16777216 THEN 4
            WHEN until - since < 67108864 THEN 5
            WHEN until - since < 268435456 THEN 6
            WHEN until - since < 1073741824 THEN 7
            WHEN until - since < 4294967296 THEN 8
            WHEN until - since < 17179869184 THEN 9
            WHEN until - since < 68719476736 THEN 10
            WHEN until - since < 274877906944 THEN 11
            ELSE 12 END
        WHERE until IS NOT NULL
        """,
        // Everything that an answer needs, so that it reads nothing but the index.
        "CREATE INDEX serving_of_revision ON serving (digest, level, since, until, deployment, host, revision)",
        "CREATE INDEX serving_of_host ON serving (host, id)",
        "CREATE INDEX serving_open ON serving (deployment, host) WHERE until IS NULL",
    ]
}
