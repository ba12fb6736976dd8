package import Fleet
import FleetPlanning
import FleetStore

extension FleetOperations {
    /// Rehearses a rollback on some hosts of a deployment: inside its windows they go to their way back, are measured, and
    /// return to what they served. Nothing is condemned.
    ///
    /// The hosts are chosen anew each time, among those that can be reached, are not pinned, and say that they are ready.
    ///
    /// - Parameter percent: how many in a hundred of the hosts that serve it: 1…100, rounded up.
    /// - Throws: `forbidden`; `invalid` (the share); `notFound`; `conflict` when something moves already, no host is ready, or
    ///   the controller is frozen.
    package func drill(
        _ name: String,
        percent: Int,
        by identity: OperatorIdentity,
        reason: String?
    ) async throws -> RollbackView {
        try identity.check(.oncall, to: "rehearse a rollback")
        guard (1...100).contains(percent) else {
            throw ControllerError(
                .invalid,
                "cannot rehearse a rollback on \(percent) in a hundred hosts",
                hint: "give 1 to 100"
            )
        }
        let (id, outcome) = try await write(by: identity, reason: reason) { writer in
            let what = "rehearse a rollback of deployment/\(name)"
            try Self.refuseWhileFrozen(what, in: writer.reader)
            let scope = try RollbackScope(.deployments([name]), hosts: nil, to: what, in: writer.reader)
            guard
                let basis = try RollbackBasis.read(scope, self.directory, at: writer.change.now, in: writer.reader)
                    .first
            else {
                throw ControllerError(.internal, "a scope of one deployment has none")
            }
            let id = String(self.environment.freshID().prefix(12))
            let chosen = try Self.rehearsing(basis, percent: percent, id: id, in: writer.reader)
            let now = writer.change.now
            let rollback = Rollback(
                id: id,
                actor: identity.name,
                reason: reason ?? "a rehearsal on \(percent)% of the hosts",
                at: now,
                scope: .deployments([name]),
                strategy: .rolling,
                isDrill: true
            )
            let order = RollbackOrder(
                rollback: id,
                deployment: basis.record.uid,
                strategy: .rolling,
                at: now,
                drill: true
            )
            try writer.putRollback(rollback, orders: [order])
            let entries = chosen.map { host in
                RollbackEntry(
                    rollback: id,
                    deployment: basis.record.uid,
                    host: host.id,
                    name: host.name,
                    from: host.serving,
                    since: now,
                    receipt: .inProgress(.pending),
                    receiptAt: now
                )
            }
            try writer.saveRollbackEntries(entries)
            return (id, try self.step.run(basis.record, in: writer))
        }
        carryOut(outcome)
        return try await rollback(id, all: true)
    }

    /// The hosts that rehearse: those with the lowest digest of the rehearsal's id and their own, so that it is others each
    /// time.
    private static func rehearsing(
        _ basis: RollbackBasis,
        percent: Int,
        id: String,
        in reader: FleetReader
    ) throws -> [RollbackBasis.Host] {
        func refuse(_ why: String, _ next: String) -> ControllerError {
            ControllerError(.conflict, "cannot rehearse a rollback of deployment '\(basis.name)': \(why)", hint: next)
        }
        if let running = basis.running {
            throw refuse("rollback \(running.id) of it is running", "see 'muster rollback status \(running.id)'")
        }
        if let rollout = basis.rollout, !rollout.state.isTerminal {
            throw refuse(
                "a rollout of it is \(rollout.state.rawValue)",
                "wait for its end: muster rollout status \(basis.name) -w"
            )
        }
        if let open = try reader.rollbackOrders(of: basis.record.uid).last(where: \.drill) {
            throw refuse("rehearsal \(open.rollback) is under way", "see 'muster rollback status \(open.rollback)'")
        }
        let serving = basis.hosts.filter { $0.isSelected && $0.serving != nil }
        let ready = serving.filter { host in
            host.unreachableSince == nil && !host.isPinned && !host.isCordoned && host.readiness?.state == .ready
        }
        guard !ready.isEmpty else {
            throw refuse(
                "none of the \(serving.count) hosts that serve it is ready to go back",
                "see why: muster get hosts -o wide"
            )
        }
        let wanted = Amount.percent(percent).hosts(of: serving.count)
        let ordered = ready.map { (Digest(of: "\(id) \($0.id)".utf8).description, $0) }.sorted { $0.0 < $1.0 }
        return ordered.prefix(wanted).map(\.1)
    }
}
