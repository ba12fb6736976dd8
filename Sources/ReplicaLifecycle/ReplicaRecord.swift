package import Fleet

/// What a host keeps of one deployment: DESIGN §1. The journal holds it as a whole; the newest one is the state.
package struct ReplicaRecord: Hashable, Sendable {
    /// The deployment's uid.
    package var deployment: String
    /// The newest item.
    package var item: AssignmentItem?
    /// An order to stage that came while something was under way: it is the newest item as soon as that has ended.
    package var next: AssignmentItem?
    /// What answers now.
    package var serving: RevisionReference?
    /// What was verified last, and is started without the controller; it stays while a passage to another is under way.
    package var standing: RevisionReference?
    /// The attempt whose process was verified as `standing`; another of the same revision was started since.
    package var standingAttempt: UInt64?
    /// The stable port that `standing` has.
    package var endpoint: Endpoint?
    /// The stable port that `standing` may have taken over from another program, though the newest item does not say so any
    /// more.
    package var adopted: UInt16?
    /// What served, verified, before the present transition.
    package var previous: RevisionReference?
    /// Verified here, and the rollout succeeded; oldest first.
    package var good: [RevisionReference]
    /// Verified here, the rollout's outcome not yet known.
    package var provisional: RevisionReference?
    /// What is condemned.
    package var holds: [Hold]
    /// The passage under way, other than a restart.
    package var passage: Passage?
    /// How the newest item ended, or an older one while the newest is under way.
    package var settlement: Settlement?
    /// The bytes of every revision that is named here.
    package var revisions: [Revision]
    /// What is replaced side by side; everything else is recreated. Learnt when it is staged.
    package var sideBySide: [Digest]
    /// A person on the host wants nothing to move.
    package var pin: LocalPin?
    /// What a person on the host went back from.
    package var left: RevisionReference?
    /// What stands and may be started although it is condemned: a rollback found nothing better, or a pin.
    package var kept: Digest?
    /// The newest rollback whose turn has come here, by its order or because nobody could give it.
    package var turn: String?
    /// Whose files were checked here and have been protected ever since: what may be started without staging it first.
    package var files: [Digest]
    /// The newest attempt to start a process.
    package var attempt: UInt64

    /// A deployment of which nothing is known.
    package init(deployment: String) {
        self.deployment = deployment
        good = []
        holds = []
        revisions = []
        sideBySide = []
        files = []
        attempt = 0
    }
}

extension ReplicaRecord {
    /// A revision's bytes.
    package func revision(_ reference: RevisionReference) -> Revision? {
        revisions.first { $0.digest == reference.digest }
    }

    /// Whether a hold condemns it.
    package func condemns(_ reference: RevisionReference) -> Bool { holds.condemning(reference) != nil }

    /// The rollback target: the newest good revision that is not condemned.
    package var rollbackTarget: RevisionReference? { good.last { !condemns($0) } }

    /// The way back: the newest good revision, not condemned, whose content differs from what serves.
    package var wayBack: RevisionReference? { wayBack(from: standing) }

    /// The same on a host that was enrolled anew: items get numbers from 1 again, and none may look like one of before.
    package var enrolledAnew: ReplicaRecord {
        var record = self
        record.next = nil
        record.settlement = settlement.flatMap(first)
        if case .revert(let settlement)? = passage?.purpose {
            record.passage?.purpose = .revert(settlement.flatMap(first))
        }
        record.item?.number = 0
        return record
    }

    /// A settlement of the newest item, once that has the number 0; nobody asks for an older one's.
    private func first(_ settlement: Settlement) -> Settlement? {
        guard settlement.item == item?.number else { return nil }
        var settlement = settlement
        settlement.item = 0
        return settlement
    }

    /// Notes how a revision takes the place of another.
    mutating func note(_ update: RuntimeProfile.Update, of digest: Digest) {
        sideBySide.removeAll { $0 == digest }
        if update == .sideBySide { sideBySide.append(digest) }
    }

    /// Whether the newest item's removal is done.
    var isRemoved: Bool { settlement?.state == .removed && settlement?.item == item?.number }

    /// Whether it was proven here.
    func isProven(_ reference: RevisionReference) -> Bool {
        (good + [previous, provisional, standing].compactMap { $0 }).contains { $0.digest == reference.digest }
    }

    /// Takes over what an item says about holds, successes and an abort.
    ///
    /// - Parameter isLater: what is under way ends before anything else of it counts.
    mutating func accept(_ new: AssignmentItem, isLater: Bool = false) {
        // What was taken stays taken until nothing stands, or elsewhere: a host must be able to go back.
        adopted = endpoint.flatMap { standing != nil && mayTakeOver($0.port) ? $0.port : nil }
        if !isLater {
            item = new
            noteTurn(new)
        }
        next = isLater ? new : nil
        holds = new.holds
        // Where people would rather have nothing, an older rollback's leave to go on is over.
        if new.isRollback, new.onFailure == .stop { kept = nil }
        if let revision = new.revision, self.revision(revision.reference) == nil { revisions.append(revision) }
        guard let proven = provisional else { return trim() }
        if new.succeeded.contains(where: { $0.digest == proven.digest }) {
            append(good: proven)
            provisional = nil
        } else if new.isReturn(from: proven) {
            provisional = nil
        }
        trim()
    }

    /// Whether a stable port may be taken over from another program that listens on it.
    package func mayTakeOver(_ port: UInt16) -> Bool {
        let isGranted = [item, next].contains { $0?.adoptsPort == true && $0?.endpoint?.port == port }
        return isGranted || adopted == port
    }

    /// Whether a stable port is this deployment's own: what stands is, or was, reached through it.
    func has(_ port: UInt16) -> Bool { standing != nil && endpoint?.port == port }

    /// Puts a revision at the newest end of `good`.
    mutating func append(good reference: RevisionReference) {
        good.removeAll { $0.digest == reference.digest }
        good.append(reference)
        let limit = FleetLimits.revisionsKept
        guard good.count > limit else { return }
        let way = wayBack
        good = good.dropLast(limit).filter { $0 == way } + good.suffix(limit)
    }

    /// Forgets the bytes that nothing names any more.
    mutating func trim() {
        let named =
            (good
            + [standing, serving, previous, provisional, passage?.goal, left].compactMap { $0 }
            + [item, next].compactMap { $0?.revision?.reference }).map(\.digest)
        let known = Set(named)
        revisions.removeAll { !known.contains($0.digest) }
        sideBySide.removeAll { !known.contains($0) }
        if let standing, standing.digest == kept, condemns(standing) { return }
        kept = nil
    }
}

extension AssignmentItem {
    /// Whether it takes the host back from a revision whose rollout has not succeeded: the rollout was aborted.
    fileprivate func isReturn(from proven: RevisionReference) -> Bool {
        switch order {
        case .converge:
            guard let revision else { return true }
            return revision.digest != proven.digest && succeeded.contains { $0.digest == revision.digest }
        case .stage: return false
        case .rollback: return holds.condemning(proven) != nil
        case .remove: return true
        }
    }
}
