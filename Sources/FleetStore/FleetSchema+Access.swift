/// Who may ask, and what was asked.
extension FleetSchema {
    /// Step "5 access": tokens that expire and are revoked, and who made them.
    static let tokens = [
        "ALTER TABLE operator_token ADD COLUMN expires_at INTEGER",
        "ALTER TABLE operator_token ADD COLUMN created_by TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE enrolment_token ADD COLUMN revoked_at INTEGER",
    ]

    /// Step "8 request marks": which requests were carried out. `sequence` counts up, so that the oldest can go.
    static let requestMarks = [
        """
        CREATE TABLE request_mark (
            sequence INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            request TEXT NOT NULL,
            at INTEGER NOT NULL
        )
        """,
        "CREATE INDEX request_mark_at ON request_mark (at)",
    ]
}
