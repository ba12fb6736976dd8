import Fleet

/// What one item means for a host that keeps what it keeps.
enum Decision {
    /// What is under way already leads there.
    case carryOn
    /// Nothing has to move: the item ends like this.
    case settle(Settlement)
    /// What is asked is condemned, or nothing is wanted: leave it alone, and go back from it if it is under way.
    case refrain(because: String)
    /// Go there.
    case move(Passage)
    /// Get everything ready to go there, and wait.
    case stage(Passage)
    /// Stop the replica: the item ends like this.
    case stop(Settlement)
    /// Stop and forget.
    case remove
}

extension ReplicaRecord {
    /// Decides, at rest or while a passage (not a restart) is under way.
    func decision(on item: AssignmentItem, moving: Passage?) -> Decision {
        switch item.order {
        case .remove: .remove
        case .rollback(let id, _): rollback(id, item, moving)
        case .converge: converge(item, moving)
        case .stage: stage(item, moving)
        }
    }

    /// What is under way ends first, unless it is condemned.
    private func stage(_ item: AssignmentItem, _ moving: Passage?) -> Decision {
        if let moving {
            guard !moving.isReturn, let hold = holds.condemning(moving.goal) else { return .carryOn }
            return .refrain(because: "revision \(moving.goal.number) is held by \(hold.actor): \(hold.reason)")
        }
        guard item.revision != nil else { return .refrain(because: "the order to stage names no revision") }
        let decision = converge(item, nil)
        if case .move(let passage) = decision { return .stage(passage) }
        return decision
    }

    private func converge(_ item: AssignmentItem, _ moving: Passage?) -> Decision {
        guard let goal = item.revision?.reference else { return nothingWanted(item, moving) }
        if let hold = holds.condemning(goal) {
            let reason = "revision \(goal.number) is held by \(hold.actor): \(hold.reason)"
            guard moving == nil, standing?.digest == goal.digest else { return .refrain(because: reason) }
            return .settle(Settlement(item: item.number, goal: goal, state: .verified, cause: reason))
        }
        if moving == nil, standing?.digest == goal.digest, endpoint == item.endpoint {
            return .settle(Settlement(item: item.number, goal: goal, state: .verified))
        }
        let purpose: Passage.Purpose = isProven(goal) ? .comeback : .candidate
        return .move(Passage(goal: goal, endpoint: item.endpoint, purpose: purpose))
    }

    /// What is good stays, and what a receipt keeps: absence stops nothing. What is not goes back to what served before it.
    private func nothingWanted(_ item: AssignmentItem, _ moving: Passage?) -> Decision {
        if let moving {
            // It is on its way home already, by this item or by one before.
            if case .comeback = moving.purpose, !condemns(moving.goal), moving.goal.digest != standing?.digest {
                return .carryOn
            }
            return .refrain(because: "no revision is wanted any more")
        }
        let nothing = Settlement(item: item.number, goal: nil, state: .pending)
        guard let standing else { return .settle(nothing) }
        if good.contains(where: { $0.digest == standing.digest }) || isKept && item.onFailure == .keepServing {
            return .settle(Settlement(item: item.number, goal: nil, state: .verified))
        }
        if isHome { return .settle(Settlement(item: item.number, goal: nil, state: .verified)) }
        let before = previous.flatMap { condemns($0) || $0.digest == standing.digest ? nil : $0 }
        guard let back = before ?? rollbackTarget else { return .stop(nothing) }
        return .move(Passage(goal: back, endpoint: item.endpoint, purpose: .comeback))
    }

    /// Whether what stands is what served before the newest that was asked for: it came back, and nobody takes it back.
    private var isHome: Bool {
        guard let standing, !condemns(standing), let settlement, settlement.receipt == nil else { return false }
        switch settlement.state {
        case .verified, .reverted: return settlement.goal?.digest != standing.digest
        default: return false
        }
    }

    /// What is under way to what is condemned goes back whoever's turn it is; what serves waits for its own.
    private func rollback(_ id: String, _ item: AssignmentItem, _ moving: Passage?) -> Decision {
        // What answers without the journal knowing it counts as what stands.
        guard let leaving = moving?.goal ?? standing ?? serving, condemns(leaving) else {
            guard moving == nil else { return .carryOn }
            return .settle(
                Settlement(
                    item: item.number,
                    goal: nil,
                    state: standing == nil ? .pending : .verified,
                    receipt: .unaffected(serving: standing ?? serving),
                    rollback: id
                )
            )
        }
        let mayMove = moving != nil || hasTurn(item)
        let before = moving == nil ? nil : standing.flatMap { condemns($0) ? nil : $0 }
        let named = item.revision.flatMap { condemns($0.reference) ? nil : $0.reference }
        if let target = before ?? named ?? rollbackTarget {
            let passage = Passage(goal: target, endpoint: item.endpoint, purpose: .rollback(id: id))
            return mayMove ? .move(passage) : .stage(passage)
        }
        let end = withoutTarget(id, item, moving)
        if case .stop = end, !mayMove {
            return .refrain(because: "nothing good is left to go back to: it stops when its turn comes")
        }
        return end
    }

    private func withoutTarget(_ id: String, _ item: AssignmentItem, _ moving: Passage?) -> Decision {
        let nowhere = "no revision that is good here is left to go back to"
        guard item.onFailure == .keepServing, let kept = standing ?? (moving == nil ? serving : nil) else {
            return .stop(
                Settlement(
                    item: item.number,
                    goal: nil,
                    state: .revertFailed,
                    cause: "\(nowhere); stopped",
                    receipt: .noTarget(.stop),
                    rollback: id
                )
            )
        }
        let settlement = Settlement(
            item: item.number,
            goal: nil,
            state: .revertFailed,
            cause: "\(nowhere); goes on serving revision \(kept.number), which is condemned",
            receipt: .noTarget(.keepServing),
            rollback: id
        )
        guard moving != nil else { return .settle(settlement) }
        return .move(Passage(goal: kept, endpoint: endpoint, purpose: .revert(settlement)))
    }

    /// Where a passage that failed goes back to (DESIGN §1): what served before it; if that is condemned, the rollback
    /// target; `nil` when there is none whose files are here.
    ///
    /// What is condemned and goes on all the same, because a rollback found nothing better or a person had it pinned, is
    /// what served like any other while `onFailure` says `keepServing` (DESIGN §8): the failure of what came next makes
    /// nothing better available, and no target is tried that has failed already.
    func fallback(from failed: Passage) -> Passage? {
        let isOther: (RevisionReference, Endpoint?) -> Bool = { reference, port in
            reference.digest != failed.goal.digest || port != failed.endpoint
        }
        let mayReturn = standing.map { !condemns($0) || isKept && item?.onFailure == .keepServing }
        if let standing, mayReturn == true, isOther(standing, endpoint) {
            return Passage(goal: standing, endpoint: endpoint, purpose: .revert(nil))
        }
        guard let target = rollbackTarget, target.digest != failed.goal.digest, files.contains(target.digest) else {
            return nil
        }
        return Passage(goal: target, endpoint: failed.endpoint, purpose: .revert(nil))
    }

    /// Whether what stands may be started without being asked: a condemned one only where a receipt said so.
    var mayStart: Bool {
        guard let standing else { return false }
        return !condemns(standing) || pin != nil || isKept
    }

    /// Whether a receipt said that what stands goes on although it is condemned.
    private var isKept: Bool {
        guard let standing else { return false }
        if kept == standing.digest { return true }
        // Older journals have it in the receipt only.
        switch settlement?.receipt {
        case .noTarget(.keepServing): return true
        case .failed(_, let serving): return serving?.digest == standing.digest
        case .pinned: return true
        case .done, .unaffected, .inProgress, .offline, .noTarget(.stop), nil: return false
        }
    }
}
