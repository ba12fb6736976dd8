package import Fleet
package import FleetMetrics
import StoreDriver

/// The history of figures, in a file of its own (DESIGN §9): a slow or full disk under it costs figures alone.
///
/// Roll-ups of five minutes, kept for `retention` and within `rows`; the oldest go first.
package final class TelemetryDatabase: Sendable {
    private static let migrations = [
        StoreMigration(
            "1 roll-ups",
            [
                """
                CREATE TABLE roll_up (
                    begin INTEGER NOT NULL,
                    host TEXT NOT NULL,
                    deployment TEXT NOT NULL,
                    figure TEXT NOT NULL,
                    readings INTEGER NOT NULL,
                    sum REAL NOT NULL,
                    least REAL NOT NULL,
                    greatest REAL NOT NULL,
                    PRIMARY KEY (begin, host, deployment, figure)
                )
                """,
                "CREATE INDEX roll_up_of_series ON roll_up (host, deployment, figure, begin)",
            ]
        )
    ]

    private let database: StoreDatabase
    private let retention: Span
    private let rows: Int

    /// Opens or makes the file.
    ///
    /// - Throws: ``FleetStoreError``.
    package init(path: String, retention: Span = .seconds(7 * 86_400), rows: Int = 2_000_000) throws {
        self.retention = retention
        self.rows = rows
        do {
            database = try StoreDatabase(path: path, migrations: Self.migrations)
        } catch {
            throw FleetStoreError.lifting(error)
        }
    }

    /// Adds roll-ups to what is there.
    package func add(_ rollUps: [RollUpKey: RollUp]) async throws {
        try await lifting {
            try await self.database.write { transaction in
                for (key, rollUp) in rollUps {
                    try transaction.execute(
                        """
                        INSERT INTO roll_up (begin, host, deployment, figure, readings, sum, least, greatest)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (begin, host, deployment, figure) DO UPDATE SET
                            readings = readings + excluded.readings, sum = sum + excluded.sum,
                            least = min(least, excluded.least), greatest = max(greatest, excluded.greatest)
                        """,
                        [
                            .integer(key.begin.milliseconds), .text(key.host), .text(key.deployment),
                            .text(key.figure.rawValue), .int(rollUp.readings), .real(rollUp.sum), .real(rollUp.least),
                            .real(rollUp.greatest),
                        ]
                    )
                }
            }
        }
    }

    /// Forgets what is too old, and the oldest of what is too much.
    ///
    /// - Returns: how many rows went.
    @discardableResult
    package func forget(now: Instant) async throws -> Int {
        let oldest = Instant(milliseconds: now.milliseconds - retention.milliseconds)
        return try await lifting {
            try await self.database.write { [rows = self.rows] transaction in
                var gone = try transaction.execute(
                    "DELETE FROM roll_up WHERE begin < ?",
                    [.integer(oldest.milliseconds)]
                )
                let count = try transaction.row("SELECT count(*) AS count FROM roll_up")?.integer("count") ?? 0
                guard count > Int64(rows) else { return gone }
                gone += try transaction.execute(
                    """
                    DELETE FROM roll_up WHERE begin <=
                        (SELECT begin FROM roll_up ORDER BY begin LIMIT 1 OFFSET ?)
                    """,
                    [.integer(count - Int64(rows) - 1)]
                )
                return gone
            }
        }
    }

    /// The roll-ups of one figure from a moment on, oldest first; at most 10,000.
    package func rollUps(
        host: String,
        deployment: String?,
        figure: Figure,
        from: Instant
    ) async throws -> [(begin: Instant, rollUp: RollUp)] {
        try await lifting {
            try await self.database.read { transaction in
                try transaction.rows(
                    """
                    SELECT begin, readings, sum, least, greatest FROM roll_up
                    WHERE host = ? AND deployment = ? AND figure = ? AND begin >= ? ORDER BY begin LIMIT 10000
                    """,
                    [
                        .text(host), .text(deployment ?? ""), .text(figure.rawValue), .integer(from.milliseconds),
                    ]
                ).map { row in
                    (
                        Instant(milliseconds: try row.integer("begin")),
                        RollUp(
                            readings: Int(try row.integer("readings")),
                            sum: try row.real("sum"),
                            least: try row.real("least"),
                            greatest: try row.real("greatest")
                        )
                    )
                }
            }
        }
    }

    /// Writes what waits and closes the file.
    package func close() async throws {
        try await lifting { try await self.database.close() }
    }

    private func lifting<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw FleetStoreError.lifting(error)
        }
    }
}
