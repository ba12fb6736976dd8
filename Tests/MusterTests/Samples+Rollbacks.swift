import Fleet

@testable import muster

extension Samples {
    static func rollback(
        scope: Rollback.Scope = .deployments(["wine"]),
        undone: Rollback.Undo? = nil,
        isDrill: Bool = false
    ) -> Rollback {
        Rollback(
            id: "4f1c0a9b2d3e",
            actor: "ada",
            reason: "wine 71 is class 0",
            at: ago(30),
            scope: scope,
            isDrill: isDrill,
            undone: undone
        )
    }

    static func place(
        _ host: String,
        _ receipt: Receipt,
        from: RevisionView? = revision(2, "2.0.0"),
        to: RevisionView? = revision(1, "1.0.0"),
        turn: AssignmentItem.Turn? = .go,
        reason: String? = nil,
        unreachableSince: Instant? = nil
    ) -> RollbackHostView {
        let isDone = if case .done = receipt { true } else { false }
        let entry = RollbackEntry(
            rollback: "4f1c0a9b2d3e",
            deployment: "uid",
            host: host,
            name: host,
            turn: turn,
            since: ago(20),
            receipt: receipt,
            receiptAt: ago(12),
            provenAt: isDone ? Instant(milliseconds: ago(12).milliseconds - 500) : nil
        )
        return RollbackHostView(
            entry,
            deployment: "wine",
            from: from,
            to: to,
            unreachableSince: unreachableSince,
            reason: reason,
            audit: isDone ? AuditReference(sequence: 41, hash: "sha256:ab") : nil
        )
    }

    static func rollbackDeployment(_ hosts: [RollbackHostView], shown: Int? = nil) -> RollbackDeploymentView {
        RollbackDeploymentView(
            name: "wine",
            uid: "uid",
            holds: [hold],
            counts: ReceiptCounts(hosts.map(\.receipt)),
            hosts: Array(hosts.prefix(shown ?? hosts.count))
        )
    }

    /// One host of every kind.
    static var everyReceipt: [RollbackHostView] {
        [
            place("cloud-1", .done(serving: reference(1))),
            place("lyon-1", .inProgress(.probing)),
            place("lyon-2", .inProgress(.staged), turn: .wait),
            place("lyon-3", .inProgress(.pending), turn: nil),
            place("paris-1", .failed(cause: "the golden probe fails", serving: reference(2)), to: revision(2, "2.0.0")),
            place("rome-1", .unaffected(serving: reference(1)), from: revision(1, "1.0.0")),
            place("ulm-1", .offline, to: nil, turn: nil, unreachableSince: ago(600)),
            place("ulm-2", .noTarget(.keepServing), to: revision(2, "2.0.0")),
            place("ulm-3", .pinned, to: nil, reason: "pinned by bob: inventory"),
        ]
    }
}
