/// Step "7 events of objects": those of a quiet host or deployment are found without looking through those of a fleet.
extension FleetSchema {
    /// `event`: 1 for a fact that is told as an event (`HostOutcome.isEvent`).
    static let events = [
        "ALTER TABLE outcome ADD COLUMN event INTEGER NOT NULL DEFAULT 1",
        """
        UPDATE outcome SET event = 0
        WHERE json_type(outcome, '$.kind.serving') IS NOT NULL
            OR json_type(outcome, '$.kind.local') IS NOT NULL
            OR json_type(outcome, '$.kind.rolledBack.receipt.inProgress') IS NOT NULL
            OR json_type(outcome, '$.kind.rolledBack.receipt.offline') IS NOT NULL
        """,
        "DROP INDEX outcome_received",
        "CREATE INDEX outcome_event ON outcome (received_at) WHERE event = 1",
        "CREATE INDEX outcome_event_of_host ON outcome (host, received_at) WHERE event = 1",
        "CREATE INDEX outcome_event_of_deployment ON outcome (deployment, received_at) WHERE event = 1",
        // What people did of late, without looking through a year of it.
        "CREATE INDEX audit_at ON audit (at)",
        "CREATE INDEX audit_of_kind_at ON audit (project, kind, at)",
        "CREATE INDEX audit_of_object_at ON audit (project, kind, name, at)",
    ]
}
