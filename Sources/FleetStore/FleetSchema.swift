import StoreDriver

/// The store's schema, step by step. A released step is never edited; the next change is a further step.
///
/// No deferred constraints: one would fail the COMMIT, and with it every write that shares it. Instants are
/// milliseconds since the epoch, digests `sha256:…`, specs JSON text.
enum FleetSchema {
    static let migrations = [
        StoreMigration("1 first light", controller + catalogue + deployments + hosts + access + history),
        StoreMigration("2 rollouts", plans + rolloutHeaders + rolloutTargets + assignments + frozen),
        StoreMigration("3 rollbacks", narrowHolds + rollbacks + rollbackEntries + servingTimes),
        StoreMigration("4 undone deployments", undoneOrders),
        StoreMigration("5 access", tokens),
        // The newest facts of all hosts, without looking at every one.
        StoreMigration("6 events", ["CREATE INDEX outcome_received ON outcome (received_at)"]),
        StoreMigration("7 events of objects", events),
        StoreMigration("8 request marks", requestMarks),
        StoreMigration("9 bound keys", ["ALTER TABLE certificate ADD COLUMN key TEXT"]),
        // Why nothing new moves on a host: JSON, or NULL.
        StoreMigration("10 cordons", ["ALTER TABLE host ADD COLUMN cordon TEXT"]),
        // Ports that endpoints may take over from other programs: JSON, or NULL.
        StoreMigration("11 adopted ports", ["ALTER TABLE host ADD COLUMN adopted_ports TEXT"]),
    ]

    private static let controller = [
        """
        CREATE TABLE controller (
            singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
            id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            term INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            audit_sequence INTEGER NOT NULL,
            audit_hash TEXT NOT NULL
        )
        """,
        "CREATE TABLE project (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL)",
    ]

    private static let catalogue = [
        """
        CREATE TABLE model (
            project TEXT NOT NULL REFERENCES project (name),
            name TEXT NOT NULL,
            spec TEXT NOT NULL,
            resource_version INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (project, name)
        )
        """,
        """
        CREATE TABLE model_version (
            project TEXT NOT NULL REFERENCES project (name),
            name TEXT NOT NULL,
            model TEXT NOT NULL,
            version TEXT NOT NULL,
            bundle TEXT,
            spec TEXT NOT NULL,
            resource_version INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (project, name),
            UNIQUE (project, model, version),
            FOREIGN KEY (project, model) REFERENCES model (project, name)
        )
        """,
        """
        CREATE TABLE runtime (
            project TEXT NOT NULL REFERENCES project (name),
            name TEXT NOT NULL,
            spec TEXT NOT NULL,
            resource_version INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (project, name)
        )
        """,
        """
        CREATE TABLE blob (
            digest TEXT PRIMARY KEY,
            size INTEGER NOT NULL,
            state TEXT NOT NULL,
            created_at INTEGER NOT NULL
        )
        """,
        """
        CREATE TABLE bundle (
            digest TEXT PRIMARY KEY,
            files INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            created_at INTEGER NOT NULL
        )
        """,
    ]

    private static let deployments = [
        """
        CREATE TABLE deployment (
            uid TEXT PRIMARY KEY,
            project TEXT NOT NULL REFERENCES project (name),
            name TEXT NOT NULL,
            labels TEXT NOT NULL,
            content TEXT NOT NULL,
            content_version INTEGER NOT NULL,
            scope TEXT NOT NULL,
            scope_version INTEGER NOT NULL,
            policy TEXT NOT NULL,
            policy_version INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            state TEXT NOT NULL,
            resource_version INTEGER NOT NULL,
            created_at INTEGER NOT NULL
        )
        """,
        "CREATE UNIQUE INDEX deployment_name ON deployment (project, name) WHERE state <> 'deleted'",
        """
        CREATE TABLE revision (
            deployment TEXT NOT NULL REFERENCES deployment (uid),
            revision INTEGER NOT NULL,
            digest TEXT NOT NULL,
            written TEXT NOT NULL,
            bytes BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            succeeded INTEGER,
            PRIMARY KEY (deployment, revision)
        )
        """,
        """
        CREATE TABLE rollout (
            id TEXT PRIMARY KEY,
            deployment TEXT NOT NULL,
            revision INTEGER NOT NULL,
            digest TEXT NOT NULL,
            written TEXT NOT NULL,
            state TEXT NOT NULL,
            active INTEGER NOT NULL,
            since INTEGER NOT NULL,
            reason TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            wave INTEGER NOT NULL,
            resource_version INTEGER NOT NULL,
            created INTEGER NOT NULL,
            FOREIGN KEY (deployment, revision) REFERENCES revision (deployment, revision)
        )
        """,
        "CREATE INDEX rollout_of_deployment ON rollout (deployment, created)",
        "CREATE UNIQUE INDEX rollout_active ON rollout (deployment) WHERE active = 1",
        """
        CREATE TABLE rollout_target (
            rollout TEXT NOT NULL REFERENCES rollout (id),
            position INTEGER NOT NULL,
            host TEXT NOT NULL,
            name TEXT NOT NULL,
            wave INTEGER NOT NULL,
            state TEXT NOT NULL,
            since INTEGER NOT NULL,
            reason TEXT,
            unreachable_since INTEGER,
            PRIMARY KEY (rollout, position)
        )
        """,
        """
        CREATE TABLE hold (
            id TEXT PRIMARY KEY,
            deployment TEXT NOT NULL REFERENCES deployment (uid),
            revision INTEGER NOT NULL,
            digest TEXT NOT NULL,
            written TEXT NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL,
            since INTEGER NOT NULL,
            lifted_at INTEGER,
            lifted_by TEXT,
            lift_reason TEXT
        )
        """,
        "CREATE INDEX hold_of_deployment ON hold (deployment)",
    ]

    private static let hosts = [
        """
        CREATE TABLE host (
            id TEXT PRIMARY KEY,
            project TEXT NOT NULL REFERENCES project (name),
            name TEXT NOT NULL,
            labels TEXT NOT NULL,
            machine TEXT NOT NULL,
            instance TEXT NOT NULL,
            enrolled_at INTEGER NOT NULL,
            revoked INTEGER NOT NULL,
            last_seen INTEGER,
            report TEXT,
            report_sequence INTEGER,
            resource_version INTEGER NOT NULL,
            UNIQUE (project, name)
        )
        """,
        """
        CREATE TABLE assignment (
            host TEXT PRIMARY KEY REFERENCES host (id),
            generation INTEGER NOT NULL
        )
        """,
        """
        CREATE TABLE assignment_item (
            host TEXT NOT NULL REFERENCES assignment (host),
            deployment TEXT NOT NULL REFERENCES deployment (uid),
            item TEXT NOT NULL,
            PRIMARY KEY (host, deployment)
        )
        """,
        "CREATE INDEX assignment_item_of_deployment ON assignment_item (deployment)",
        """
        CREATE TABLE outcome (
            host TEXT NOT NULL,
            instance TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            deployment TEXT NOT NULL,
            outcome TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            PRIMARY KEY (host, instance, sequence)
        )
        """,
        """
        CREATE TABLE receipt (
            hold TEXT NOT NULL,
            host TEXT NOT NULL,
            receipt TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (hold, host)
        )
        """,
        """
        CREATE TABLE serving (
            id INTEGER PRIMARY KEY,
            host TEXT NOT NULL,
            deployment TEXT NOT NULL,
            revision INTEGER NOT NULL,
            digest TEXT NOT NULL,
            written TEXT NOT NULL,
            since INTEGER NOT NULL,
            until INTEGER
        )
        """,
        "CREATE INDEX serving_of_deployment ON serving (deployment, host, id)",
    ]

    private static let access = [
        """
        CREATE TABLE enrolment_token (
            hash TEXT PRIMARY KEY,
            project TEXT NOT NULL REFERENCES project (name),
            labels TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER,
            used_by TEXT
        )
        """,
        """
        CREATE TABLE operator_token (
            hash TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            revoked_at INTEGER
        )
        """,
        """
        CREATE TABLE certificate (
            serial TEXT PRIMARY KEY,
            host TEXT NOT NULL REFERENCES host (id),
            not_after INTEGER NOT NULL,
            issued_at INTEGER NOT NULL,
            revoked_at INTEGER
        )
        """,
        "CREATE INDEX certificate_of_host ON certificate (host)",
    ]

    private static let history = [
        """
        CREATE TABLE change_log (
            revision INTEGER PRIMARY KEY,
            project TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            uid TEXT,
            change TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE audit (
            sequence INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT,
            verb TEXT NOT NULL,
            project TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            revision INTEGER NOT NULL,
            before TEXT,
            after TEXT,
            previous_hash TEXT NOT NULL,
            hash TEXT NOT NULL
        )
        """,
        "CREATE INDEX audit_of_object ON audit (project, kind, name, sequence)",
    ]
}
