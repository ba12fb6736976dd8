package import Fleet
import StoreDriver

/// What becomes of a store that is older than what hosts have seen: it was restored from an old backup (DESIGN §9).
extension FleetWriter {
    /// More numbers than a host can have been given since a backup.
    private static let leapOfNumbers: UInt64 = 1 << 20

    /// Takes an epoch above every one that hosts report, and lets nothing move until a person thaws it.
    ///
    /// One that is frozen already takes a higher epoch and keeps the reason of the first time. Whatever hosts are given next has
    /// numbers that the lost store cannot have given, those that cannot be heard now included: a host takes an item whose
    /// number it has settled for done.
    ///
    /// - Parameter epoch: the highest that a host reports.
    package func freeze(above epoch: UInt64, reason: String) throws -> ControllerRecord {
        _ = try raiseEpoch(above: epoch)
        if try reader.controller().frozen == nil {
            try transaction.execute(
                "UPDATE controller SET frozen_at = ?, frozen_reason = ?",
                [.instant(change.now), .text(reason)]
            )
            let after = JSONValue.object(["frozen": .string(reason)]).compactText
            try record("freeze", .controller, name: "controller", before: "{}", after: after)
            try leap()
        }
        return try reader.controller()
    }

    private func leap() throws {
        try transaction.execute(
            """
            INSERT INTO assignment (host, generation) SELECT id, ? FROM host WHERE true
            ON CONFLICT (host) DO UPDATE SET generation = generation + excluded.generation
            """,
            [.number(Self.leapOfNumbers)]
        )
    }

    /// Lets things move again. The epoch stays.
    ///
    /// - Throws: ``FleetStoreError`` `conflict` when it is not frozen.
    package func thaw() throws -> ControllerRecord {
        guard let frozen = try reader.controller().frozen else {
            throw FleetStoreError(
                .conflict,
                what: "cannot thaw the controller",
                where: "controller",
                why: "it is not frozen",
                next: "nothing needs to be done"
            )
        }
        try transaction.execute("UPDATE controller SET frozen_at = NULL, frozen_reason = NULL")
        let before = JSONValue.object(["frozen": .string(frozen.reason)]).compactText
        try record("thaw", .controller, name: "controller", before: before, after: "{}")
        return try reader.controller()
    }

    /// Makes sure that whatever a host is given next has a number above one that it has seen. No revision, no audit.
    ///
    /// - Throws: ``FleetStoreError`` `notFound` (the host).
    package func raiseGeneration(of host: String, to generation: UInt64) throws {
        guard try transaction.row("SELECT 1 FROM host WHERE id = ?", [.text(host)]) != nil else {
            throw FleetStoreError.notFound(.host, host)
        }
        try transaction.execute(
            """
            INSERT INTO assignment (host, generation) VALUES (?, ?)
            ON CONFLICT (host) DO UPDATE SET generation = max(generation, excluded.generation)
            """,
            [.text(host), .number(generation)]
        )
    }

    /// Enters into the history what a host serves, where the history says something else: the outcomes that told it were
    /// acknowledged after the backup was made, and do not come again. No revision, no audit.
    package func mergeServing(_ report: HostReport, of host: String) throws {
        for replica in report.replicas {
            let open = try transaction.row(
                "SELECT digest FROM serving WHERE host = ? AND deployment = ? AND until IS NULL",
                [.text(host), .text(replica.deployment)]
            )
            guard try open?.digest("digest") != replica.serving?.digest else { continue }
            try serve(replica.serving, of: replica.deployment, at: replica.since, on: host)
        }
    }
}
