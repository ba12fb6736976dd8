package import Fleet
import FleetStore

extension FleetOperations {
    /// Takes a rollback back: its holds are lifted, and the written content of its deployments is rolled out again, under the
    /// rollout's rules. A rehearsal ends: hosts that wait do not begin it, the others return to what they served.
    ///
    /// Each deployment has a transaction of its own. What was done stays done when the controller dies on the way, or when
    /// another deployment is refused; asked for once more, it goes on with those that are left.
    ///
    /// - Returns: the rollback, with why deployments were left as they are.
    /// - Throws: `forbidden`; `invalid` without a reason; `notFound`; `conflict` (undone already, frozen, every deployment
    ///   refused).
    package func undoRollback(
        _ id: String,
        by identity: OperatorIdentity,
        reason: String?
    ) async throws -> RollbackView {
        let isDrill = try await read { try $0.rollback(id)?.isDrill ?? false }
        try identity.check(isDrill ? .oncall : .operator, to: isDrill ? "end a rehearsal" : "undo a rollback")
        let reason = try Self.reason(reason, to: isDrill ? "end a rehearsal" : "undo a rollback")
        let left = try await read { reader in
            try Self.refuseWhileFrozen("undo rollback/\(id)", in: reader)
            try Self.checkUndo(of: try self.rollback(id, in: reader), in: reader)
            return try reader.rollbackOrders(ofRollback: id).filter { $0.undone == nil }.map(\.deployment)
        }
        var refusals = Refusals()
        for uid in left {
            do {
                carryOut(try await undo(id, of: uid, by: identity, reason: reason))
            } catch let error as ControllerError where error.code == .conflict && left.count > 1 {
                let name = try await read { try $0.deployment(uid: uid)?.deployment.name ?? uid }
                refusals.add(name, why: error.message, next: error.hint)
            }
        }
        guard refusals.reasons.count < left.count else { throw refusals.error("undo rollback '\(id)' of") }
        var view = try await rollback(id, all: false)
        view.refused = refusals.reasons
        return view
    }

    private func undo(
        _ id: String,
        of uid: String,
        by identity: OperatorIdentity,
        reason: String
    ) async throws -> PlanStep.Outcome {
        try await write(by: identity, reason: reason) { writer in
            try Self.refuseWhileFrozen("undo rollback/\(id)", in: writer.reader)
            let rollback = try writer.undoRollback(id, deployment: uid).rollback
            guard let record = try writer.reader.deployment(uid: uid), record.state == .active else {
                return PlanStep.Outcome()
            }
            // Whoever has begun a rehearsal returns to what is wanted anyway.
            guard !rollback.isDrill else { return try self.step.run(record, in: writer) }
            let request = PlanStep.Request(actor: identity.name, isFresh: true, isUndone: true, reason: reason)
            let planned = try self.step.run(record, in: writer, request: request)
            try ReadinessGate.check(planned, record.deployment)
            return planned
        }
    }

    private static func checkUndo(of rollback: Rollback, in reader: FleetReader) throws {
        if rollback.isDrill, rollback.undone == nil {
            let counts = try reader.receiptCounts(ofRollbacks: [rollback.id])[rollback.id] ?? []
            guard counts.allSatisfy({ $0.receipt != .inProgress && $0.receipt != .offline }) else { return }
            throw ControllerError(
                .conflict,
                "cannot end rehearsal '\(rollback.id)': it has ended, and everybody serves what served before",
                hint: "see what it measured: muster rollback status \(rollback.id)"
            )
        }
        guard let undone = rollback.undone else { return }
        throw ControllerError(
            .conflict,
            "cannot undo rollback '\(rollback.id)': \(undone.actor) has undone it at \(undone.at)"
                + (undone.reason.map { ": \($0)" } ?? ""),
            hint: rollback.isDrill
                ? "see where it stands: muster rollback status \(rollback.id)"
                : "to roll the written content out once more: muster rollout retry NAME"
        )
    }
}
