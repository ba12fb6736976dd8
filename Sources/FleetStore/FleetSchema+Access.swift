/// Step "5 access": tokens that expire and are revoked, and who made them.
extension FleetSchema {
    static let tokens = [
        "ALTER TABLE operator_token ADD COLUMN expires_at INTEGER",
        "ALTER TABLE operator_token ADD COLUMN created_by TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE enrolment_token ADD COLUMN revoked_at INTEGER",
    ]
}
