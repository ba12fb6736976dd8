package import Fleet
package import ReplicaLifecycle

/// What a person on the host orders for one deployment.
package enum LocalOrder: Hashable, Sendable {
    private static let actorLimit = 128

    /// Let nothing move but restarts of what serves.
    case pin(LocalPin)
    /// Let the controller have its way again.
    case unpin(actor: String)
    /// Go back to the last good revision, and let nothing move from there.
    case rollback(LocalPin)
}

extension LocalOrder {
    /// What the fleet remembers of it.
    var action: LocalAction {
        switch self {
        case .pin(let pin): Self.action("pin", by: pin.actor, because: pin.reason)
        case .unpin(let actor): Self.action("unpin", by: actor, because: nil)
        case .rollback(let pin): Self.action("rollback", by: pin.actor, because: pin.reason)
        }
    }

    /// Carries it out on a machine that does not refuse it.
    ///
    /// - Returns: what the fleet is told of it, and then what follows from it: it is read in this order.
    package func carriedOut(by machine: inout ReplicaStateMachine, at now: Instant) -> [ReplicaAction] {
        let word = ReplicaAction.outcome(
            item: machine.record.item?.number ?? 0,
            revision: machine.record.serving,
            kind: .local(action)
        )
        return switch self {
        case .pin(let pin): [word] + machine.pinned(pin, at: now)
        case .unpin: [word] + machine.unpinned(at: now)
        case .rollback(let pin): [word] + machine.rollbackOrdered(pin, at: now)
        }
    }

    private static func action(_ verb: String, by actor: String, because reason: String?) -> LocalAction {
        // A batch of them must fit into one message.
        LocalAction(
            actor: CauseText.clean(actor, limit: actorLimit),
            verb: verb,
            reason: reason.map { CauseText.clean($0) }
        )
    }

    /// Why a machine cannot do it, and what to do; `nil` when it can.
    package func refusal(by machine: ReplicaStateMachine) -> String? {
        let record = machine.record
        let name = record.item?.name ?? record.deployment
        switch self {
        case .pin:
            guard !machine.canPin else { return nil }
            guard record.standing == nil else { return Self.goes(name) }
            return "'\(name)' has served nothing here that was verified, so there is nothing to pin; "
                + "`muster-agent status` says what it waits for"
        case .unpin:
            return record.pin == nil ? "'\(name)' is not pinned here; nothing to do" : nil
        case .rollback:
            guard machine.localTarget == nil else { return nil }
            guard record.standing == nil || machine.canPin else { return Self.goes(name) }
            guard record.left == nil else {
                return "'\(name)' was taken back here already (\(record.pin?.text ?? "pinned")); "
                    + "`muster-agent unpin \(name)` lets the controller have its way again"
            }
            return "'\(name)' has no other revision that is good on this host and not held, so there is nothing to go "
                + "back to; pin what serves with `muster-agent pin \(name)`, or ask for another one at the controller"
        }
    }

    private static func goes(_ name: String) -> String {
        "'\(name)' is being stopped here for good, as the controller asked, so nothing can be kept; "
            + "`muster-agent status` says how far it is, and the controller can assign it again"
    }
}
