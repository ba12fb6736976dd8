package import Fleet
import FleetPlanning
import FleetStore

extension FleetOperations {
    /// A deployment's newest rollout.
    ///
    /// - Parameter all: whether every host of its list is shown; else a long list is cut down to the hosts that are moving or
    ///   need attention.
    /// - Throws: `notFound` (the deployment, or it has had no rollout).
    package func rollout(of name: String, all: Bool) async throws -> RolloutView {
        try await read { reader in
            let record = try self.deployment(name, in: reader)
            if let view = try self.views(reader).rollout(of: record, showsAll: all) { return view }
            throw ControllerError(
                .notFound,
                "deployment '\(name)' has had no rollout yet",
                hint: "see 'muster explain deployment/\(name)'"
            )
        }
    }

    /// A deployment's rollouts, the newest first, without their hosts.
    ///
    /// - Parameter limit: how many at most: 1…1000.
    /// - Throws: `notFound`.
    package func rolloutHistory(of name: String, limit: Int) async throws -> Listing<RolloutView> {
        try await read { reader in
            let record = try self.deployment(name, in: reader)
            let views = self.views(reader)
            let rollouts = try reader.rollouts(of: record.uid, limit: limit)
            return Listing(
                items: try rollouts.map { try views.summary(of: $0, record) },
                revision: try reader.revision()
            )
        }
    }

    /// Says something to a deployment's rollout. What it answers is stored; whatever comes of it follows.
    ///
    /// - Parameter reason: needed to pause, abort, cancel and skip.
    /// - Throws: `forbidden`, `invalid` without a reason, `notFound`, `conflict` when the rollout cannot follow.
    package func command(
        _ command: RolloutCommand,
        deployment name: String,
        by identity: OperatorIdentity,
        reason: String?
    ) async throws -> RolloutView {
        try identity.check(command.leastRole, to: "\(command.verb) a rollout")
        if command.needsReason, reason?.allSatisfy(\.isWhitespace) ?? true {
            throw ControllerError(
                .invalid,
                "to \(command.verb) a rollout needs a reason",
                hint: "say why: --reason '…'"
            )
        }
        let outcome = try await write(by: identity, reason: reason) { writer in
            try Self.refuseWhileFrozen("\(command.verb) the rollout of deployment/\(name)", in: writer.reader)
            let record = try self.deployment(name, in: writer.reader)
            let request = PlanStep.Request(actor: identity.name, command: command, reason: reason)
            let outcome = try self.step.run(record, in: writer, request: request)
            try ReadinessGate.check(outcome, record.deployment)
            if let after = outcome.after?.rollout {
                try writer.recordCommand(command.verb, before: outcome.before?.rollout, after: after)
            }
            return outcome
        }
        carryOut(outcome)
        return try await rollout(of: name, all: false)
    }
}

extension RolloutCommand {
    /// Whoever is on call may stop a rollout; what lets one go on is for operators.
    fileprivate var leastRole: OperatorRole {
        switch self {
        case .pause, .abort, .cancel: .oncall
        case .resume, .promote, .retry, .skip: .operator
        }
    }
}
