package import Fleet
import SwiftProtobuf

extension WireReceipt {
    package init(_ receipt: Receipt) {
        self.init()
        switch receipt {
        case .done(let serving):
            outcome = .done(.with { $0.serving = WireRevisionReference(serving) })
        case .unaffected(let serving):
            outcome = .unaffected(.with { if let serving { $0.serving = WireRevisionReference(serving) } })
        case .inProgress(let state):
            outcome = .inProgress(WireTargetState(state))
        case .noTarget(let onFailure):
            outcome = .noTarget(WireOnFailure(onFailure))
        case .failed(let cause, let serving):
            outcome = .failed(
                .with {
                    $0.cause = cause
                    if let serving { $0.serving = WireRevisionReference(serving) }
                }
            )
        case .pinned:
            outcome = .pinned(.init())
        case .offline:
            outcome = nil
        }
    }

    package func receipt() throws(ProtocolError) -> Receipt {
        switch outcome {
        case .done(let done):
            return .done(serving: try done.serving.reference("Receipt.done"))
        case .unaffected(let unaffected):
            return .unaffected(
                serving: unaffected.hasServing ? try unaffected.serving.reference("Receipt.unaffected") : nil
            )
        case .inProgress(let state):
            return .inProgress(state.state ?? .pending)
        case .noTarget(let onFailure):
            return .noTarget(onFailure.onFailure)
        case .failed(let failed):
            return .failed(
                cause: PeerText.words(failed.cause),
                serving: failed.hasServing ? try failed.serving.reference("Receipt.failed") : nil
            )
        case .pinned:
            return .pinned
        case nil:
            throw ProtocolError(field: "Receipt.outcome", problem: "is not one that this controller knows")
        }
    }
}

extension WireOutcome {
    package init(_ outcome: HostOutcome) {
        self.init()
        sequence = outcome.sequence
        deployment = outcome.deployment
        item = outcome.item
        if let revision = outcome.revision { self.revision = WireRevisionReference(revision) }
        atMs = outcome.at.milliseconds
        switch outcome.kind {
        case .verified: kind = .verified(.init())
        case .reverted(let cause): kind = .reverted(cause)
        case .revertFailed(let cause): kind = .revertFailed(cause)
        case .removed: kind = .removed(.init())
        case .rolledBack(let id, let receipt):
            kind = .rolledBack(
                .with {
                    $0.id = id
                    $0.receipt = WireReceipt(receipt)
                }
            )
        case .serving(let reference):
            kind = .serving(.with { if let reference { $0.serving = WireRevisionReference(reference) } })
        case .local(let action):
            kind = .localAction(
                .with {
                    $0.actor = action.actor
                    $0.action = action.verb
                    $0.reason = action.reason ?? ""
                }
            )
        }
    }

    package func outcome() throws(ProtocolError) -> HostOutcome {
        let mapped: HostOutcome.Kind =
            switch kind {
            case .verified: .verified
            case .reverted(let cause): .reverted(cause: PeerText.words(cause))
            case .revertFailed(let cause): .revertFailed(cause: PeerText.words(cause))
            case .removed: .removed
            case .rolledBack(let rolledBack):
                .rolledBack(
                    id: try PeerText.name(rolledBack.id, "RolledBack.id"),
                    receipt: try rolledBack.receipt.receipt()
                )
            case .serving(let change):
                .serving(change.hasServing ? try change.serving.reference("Outcome.serving") : nil)
            case .localAction(let action):
                .local(
                    Fleet.LocalAction(
                        actor: PeerText.words(action.actor, limit: 128),
                        verb: try PeerText.name(action.action, "LocalAction.action"),
                        reason: action.reason.isEmpty ? nil : PeerText.words(action.reason)
                    )
                )
            case nil:
                throw ProtocolError(field: "Outcome.kind", problem: "is not one that this controller knows")
            }
        return HostOutcome(
            sequence: sequence,
            deployment: try PeerText.name(deployment, "Outcome.deployment"),
            item: item,
            revision: hasRevision ? try revision.reference("Outcome.revision") : nil,
            kind: mapped,
            at: PeerText.instant(atMs)
        )
    }
}
