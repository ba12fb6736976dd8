package import Fleet
import FleetStore

extension FleetOperations {
    /// The most receipts of a page.
    package static let receiptPage = 1_000

    /// Condemns what deployments want, or everything later than a target, and sends their hosts back. Without a target each
    /// host returns to its own newest good revision that is not condemned, and while a rollback of a deployment runs, another
    /// one joins it.
    ///
    /// - Throws: `forbidden`; `invalid` (no reason, not confirmed, a selector); `notFound`; `conflict` when there is nothing to
    ///   roll back in any of the deployments, or the controller is frozen.
    package func rollBack(_ request: RollbackRequest, by identity: OperatorIdentity) async throws -> RollbackView {
        try identity.check(.oncall, to: "roll back")
        let reason = try Self.reason(request.reason, to: "roll back")
        try check(request.to)
        let result = try await write(by: identity, reason: reason) { writer in
            try Self.refuseWhileFrozen("roll back", in: writer.reader)
            let run = RollbackRun(
                operations: self,
                writer: writer,
                identity: identity,
                request: request,
                reason: reason
            )
            return try run.run()
        }
        carryOut(result.outcome)
        return try await read { reader in
            var view = try self.views(reader).rollback(try self.rollback(result.id, in: reader), showsAll: false)
            view.refused = result.refused
            view.joined = result.joined
            return view
        }
    }

    /// What a rollback would do. It only shows; a controller that is frozen shows it too.
    ///
    /// - Parameter all: whether every host of a long list is shown.
    /// - Throws: `forbidden`, `invalid` (a selector), `notFound`.
    package func planRollback(
        _ request: RollbackRequest,
        all: Bool = false,
        by identity: OperatorIdentity
    ) async throws -> RollbackPlanView {
        try identity.check(.oncall, to: "plan a rollback")
        try check(request.to)
        return try await read { reader in
            let scope = try RollbackScope(request.scope, hosts: request.hosts, to: "plan a rollback", in: reader)
            let decided = try RollbackDecision.all(
                scope,
                request.to,
                again: request.again,
                self.directory,
                at: self.environment.now(),
                in: reader
            )
            let size = decided.reduce(0) { $0 + $1.basis.hosts.count }
            var preview = RollbackPreview(
                RevisionNames(reader: reader),
                isLong: !all && size > RollbackView.wholeList
            )
            for (name, why) in scope.refused { preview.add(refused: name, why) }
            for (basis, decision) in decided {
                try preview.add(basis, decision, strategy: request.strategy)
            }
            return preview.view(confirm: scope.confirmation)
        }
    }

    /// Rollbacks and rehearsals, the newest first, without their hosts.
    ///
    /// - Parameter newer: the last one of the page before; `nil` for the newest ones.
    /// - Throws: `notFound` (that one).
    package func rollbacks(before newer: String? = nil, limit: Int) async throws -> Listing<RollbackView> {
        try await read { reader in
            if let newer { _ = try self.rollback(newer, in: reader) }
            return Listing(
                items: try self.views(reader).summaries(of: try reader.rollbacks(before: newer, limit: limit)),
                revision: try reader.revision()
            )
        }
    }

    /// One rollback or rehearsal as it stands.
    ///
    /// - Parameter all: whether every host of a long list is shown.
    /// - Throws: `notFound`.
    package func rollback(_ id: String, all: Bool) async throws -> RollbackView {
        try await read { reader in
            try self.views(reader).rollback(try self.rollback(id, in: reader), showsAll: all)
        }
    }

    /// Receipts of a rollback in the order of deployments' uids and hosts' ids, a page at a time.
    ///
    /// - Parameter place: `next` of the page before; `nil` for the first one.
    /// - Throws: `notFound`; `invalid` (the place).
    package func receipts(of id: String, after place: String?) async throws -> ReceiptsView {
        let after = try place.map { text in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                throw ControllerError(
                    .invalid,
                    "cannot list receipts of rollback '\(id)': '\(text)' is no place in the list",
                    hint: "give 'after' the 'next' of the page before"
                )
            }
            return (deployment: parts[0], host: parts[1])
        }
        return try await read { reader in
            let rollback = try self.rollback(id, in: reader)
            let entries = try reader.rollbackEntries(ofRollback: id, after: after, limit: Self.receiptPage)
            let orders = try reader.rollbackOrders(ofRollback: id)
            let items = try self.views(reader).hosts(entries, of: rollback, orders)
            let last = entries.last.map { "\($0.entry.deployment)/\($0.entry.host)" }
            return ReceiptsView(
                rollback: rollback.id,
                items: items,
                next: entries.count == Self.receiptPage ? last : nil
            )
        }
    }

    // MARK: Refusals

    static func reason(_ reason: String?, to what: String) throws -> String {
        guard let reason, !reason.allSatisfy(\.isWhitespace) else {
            throw ControllerError(.invalid, "cannot \(what) without a reason", hint: "say why: --reason '…'")
        }
        return reason
    }

    func rollback(_ id: String, in reader: FleetReader) throws -> Rollback {
        if let rollback = try reader.rollback(id) { return rollback }
        let nearest = NearestName.of(id, among: try reader.rollbacks(limit: 100).map(\.id))
        throw ControllerError(
            .notFound,
            "there is no rollback '\(id)'",
            hint: nearest.map { "did you mean '\($0)'?" } ?? "see 'muster rollback list'"
        )
    }

    private func check(_ to: Rollback.Destination) throws {
        guard case .time(let time) = to, time > environment.now() else { return }
        throw ControllerError(
            .invalid,
            "cannot roll back to \(time): that time has not come",
            hint: "name a time at which it served well"
        )
    }
}
