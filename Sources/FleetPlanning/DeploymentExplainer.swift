package import Fleet

/// Says of whatever is not where it should be: why, since when, who can act, the next command.
package struct DeploymentExplainer: Sendable {
    let picture: DeploymentPicture
    let items: [String: AssignmentItem]
    let calendar: OpenTimes
    let now: Instant
    private let rollbacks: StandingRollbacks

    /// An explainer of one deployment with what its hosts are to have.
    ///
    /// - Parameters:
    ///   - calendar: when the deployment may be changed.
    ///   - now: the time of day.
    package init(
        picture: DeploymentPicture,
        items: [String: AssignmentItem],
        calendar: OpenTimes = .always,
        now: Instant = Instant(milliseconds: 0)
    ) {
        self.picture = picture
        self.items = items
        self.calendar = calendar
        self.now = now
        rollbacks = StandingRollbacks(picture)
    }

    /// Everything that is not where it should be; empty when all is well.
    package func explanations() -> [Explanation] {
        var found: [Explanation] = []
        if picture.isRemoving { found.append(contentsOf: removal()) }
        if !picture.isRemoving, !picture.hosts.contains(where: \.isSelected) {
            found.append(
                Explanation(
                    why: "no host matches the selector '\(picture.selector)', so nothing runs",
                    who: "you",
                    next: "muster get hosts -o wide"
                )
            )
        }
        if let notRolledOut = writtenIsNotWanted() ?? nobodyToBeginWith() { found.append(notRolledOut) }
        if let rollout = picture.rollout, !rollout.state.isTerminal {
            found.append(RolloutExplainer(picture: picture, rollout: rollout).explanation())
        }
        found.append(contentsOf: QueueExplainer(picture: picture, calendar: calendar, now: now).explanations())
        found.append(contentsOf: RollbackExplainer(picture: picture, calendar: calendar, now: now).explanations())
        if !picture.isRemoving { for host in picture.hosts { found.append(contentsOf: explain(host)) } }
        return found
    }

    private func writtenIsNotWanted() -> Explanation? {
        guard !picture.isRemoving, picture.written.digest != picture.wanted?.digest,
            picture.hosts.contains(where: \.isSelected)
        else { return nil }
        if let hold = picture.condemned(picture.written.reference) {
            return Explanation(
                why: "spec not rolled out: revision \(picture.written.number) is held by \(hold.actor): \(hold.reason)",
                since: hold.since,
                who: "a person who lifts the hold, or applies other content",
                next: "muster hold lift \(hold.id) --reason …"
            )
        }
        guard let rollout = picture.rollout else { return nil }
        // It has not begun: nobody is there to begin with.
        guard nobodyToBeginWith() == nil else { return nil }
        if rollout.state == .succeeded || rollout.revision.digest != picture.written.digest {
            return Explanation(
                why:
                    "spec not rolled out: revision \(picture.written.number) was rolled back, and the hold was lifted since",
                who: "you",
                next: "muster rollout retry \(picture.name)"
            )
        }
        return Explanation(
            why:
                "spec not rolled out: the rollout of revision \(rollout.revision.number) \(rollout.state.past): \(rollout.reason)",
            since: rollout.since,
            who: rollout.state == .aborting ? "Muster: the hosts are going back" : "you",
            next: rollout.state == .aborting
                ? nil : "muster apply -f … with content that works, or muster rollout retry \(picture.name)"
        )
    }

    /// A rollout that is due and does not begin, since every host is cordoned.
    private func nobodyToBeginWith() -> Explanation? {
        let selected = picture.hosts.lazy.filter(\.isSelected)
        guard !picture.isRemoving, !selected.isEmpty, selected.allSatisfy({ $0.cordon != nil }),
            picture.rollout?.revision.digest != picture.written.digest,
            picture.condemned(picture.written.reference) == nil, picture.written.digest != picture.wanted?.digest
        else { return nil }
        return Explanation(
            why: "every host that the selector '\(picture.selector)' takes is cordoned, so no rollout begins",
            who: "you",
            next: "muster host uncordon HOST…"
        )
    }

    /// A host that does not follow, since an operator has cordoned it.
    private func cordoned(_ host: DeploymentPicture.Host) -> Explanation? {
        guard let cordon = host.cordon, host.isSelected, !host.isMoving(at: now) else { return nil }
        let goal = picture.settled(on: host.id) ?? picture.written.reference
        guard host.report?.serving?.digest != goal.digest || host.report?.endpoint != picture.endpoint else {
            return nil
        }
        // It goes back all the same.
        if case .rollback = host.item?.order { return nil }
        return Explanation(
            why: "\(host.name) is cordoned by \(cordon.actor): \(cordon.reason); nothing new moves there",
            since: cordon.since,
            who: "an operator",
            next: "muster host uncordon \(host.name)"
        )
    }

    private func removal() -> [Explanation] {
        picture.hosts.filter { items[$0.id] != nil }.map { host in
            let reason =
                host.unreachableSince == nil
                ? host.report.flatMap { $0.state == .removing ? $0.reason : nil } : "the host cannot be reached"
            return Explanation(
                why: "\(host.name) has not stopped it yet" + (reason.map { ": \($0)" } ?? ""),
                since: host.unreachableSince ?? host.report?.since,
                who: host.unreachableSince == nil ? "host \(host.name)" : "whoever can reach host \(host.name)",
                next: "muster describe host \(host.name)"
            )
        }
    }

    private func explain(_ host: DeploymentPicture.Host) -> [Explanation] {
        if let ineligible = host.ineligible {
            return [
                Explanation(
                    why: "\(host.name) is ineligible: \(ineligible)",
                    who: "you",
                    next: "muster describe host \(host.name)"
                )
            ]
        }
        if let waiting = RolloutExplainer.overlay(of: host, in: picture) { return [waiting] }
        let item = items[host.id]
        if let since = host.unreachableSince, host.isSelected || item?.order == .remove {
            let isThere = picture.wanted != nil && host.report?.serving?.digest == picture.wanted?.digest
            let effect =
                if host.entry?.receipt == .offline {
                    "it goes back on return"
                } else if isThere {
                    "what it served when last heard is what is wanted"
                } else {
                    "it follows on return"
                }
            return [
                Explanation(
                    why: "\(host.name) cannot be reached; \(effect)",
                    since: since,
                    who: "whoever can reach host \(host.name)",
                    next: "muster describe host \(host.name)"
                )
            ]
        }
        if RollbackExplainer.isWaiting(host) { return [] }
        if let cordoned = cordoned(host) { return [cordoned] }
        if let left = leftBehind(host, item) { return [left] }
        guard let item else {
            // A controller that was restored may not have asked anything of it yet.
            guard host.isSelected, let report = host.report, let pin = report.pin else { return [] }
            return [pinned(pin, report, on: host)]
        }
        guard let report = host.currentReport else {
            return [
                Explanation(
                    why: "\(host.name) has not acknowledged what is asked of it yet",
                    who: "host \(host.name)",
                    next: "muster describe host \(host.name)"
                )
            ]
        }
        let outcome = receipt(of: report, on: host)
        guard outcome.isEmpty else { return outcome }
        if let pin = report.pin { return [pinned(pin, report, on: host)] }
        if let stayed = stayed(host, item, report) { return [stayed] }
        switch report.state {
        case .removed: return []
        case .staged where item.order == .stage: return []
        case .verified:
            guard let reason = report.reason else { return [] }
            return [
                Explanation(
                    why: "\(host.name) was verified, but: \(reason)",
                    since: report.since,
                    who: "host \(host.name), which starts it again if it dies",
                    next: "muster describe host \(host.name)"
                )
            ]
        case .reverted where item.revision == nil && item.order == .converge: return []
        case .revertFailed where item.revision == nil && item.order == .converge: return []
        case .pending where item.revision == nil && item.order == .converge: return []
        case .pending, .staging, .staged, .stoppingOld, .starting, .probing, .switching, .observing, .failed,
            .reverting,
            .reverted, .revertFailed, .removing:
            let reason = report.reason.map { ": \($0)" } ?? ""
            return [
                Explanation(
                    why: "\(host.name) is \(report.state.words)\(reason)",
                    since: report.since,
                    who: report.state.isTerminal ? "you" : "host \(host.name)",
                    next: "muster describe host \(host.name)"
                )
            ]
        }
    }

    /// A host that has tried what is wanted and gone back, and is not asked again.
    private func leftBehind(_ host: DeploymentPicture.Host, _ item: AssignmentItem?) -> Explanation? {
        guard host.isSelected, picture.rollout?.state.isTerminal != false, host.report?.pin == nil,
            let settled = picture.settled(on: host.id)
        else { return nil }
        // To have it ready is not to be asked to serve it.
        if let item, item.order == .converge, item.revision?.digest == settled.digest { return nil }
        switch item?.order {
        // A restored store may know nothing of what it was told.
        case .converge, .stage, nil: break
        case .rollback, .remove: return nil
        }
        if picture.isLeft(host, settled, rollbacks) {
            return Explanation(
                why: "\(host.name) was rolled back from revision \(settled.number), and the hold was lifted since",
                since: host.entry?.receiptAt,
                who: "you",
                next: "muster rollout retry \(picture.name)"
            )
        }
        guard picture.hasFailed(host, settled, at: now) else { return nil }
        return Explanation(
            why: "\(host.name) has tried revision \(settled.number) and gone back: "
                + (host.target?.failure ?? host.report?.reason ?? "it failed"),
            since: host.target?.since ?? host.report?.since,
            who: "a person who has it tried again, or applies other content",
            next: "muster rollout retry \(picture.name)"
        )
    }

    /// A host that could not follow a rollback, and whose hold was lifted since: nothing moves it by itself.
    private func stayed(
        _ host: DeploymentPicture.Host,
        _ item: AssignmentItem,
        _ report: ReplicaReport
    ) -> Explanation? {
        guard case .rollback(let id, _) = item.order, host.isSelected, report.state == .verified,
            picture.rollout?.state.isTerminal != false, let settled = picture.settled(on: host.id),
            let serving = report.serving, serving.digest != settled.digest
        else { return nil }
        return Explanation(
            why: "\(host.name) stayed on revision \(serving.number) in rollback \(id), which condemns it no more; "
                + "the others serve revision \(settled.number)",
            since: host.entry?.receiptAt ?? report.since,
            who: "you",
            next: "muster rollout retry \(picture.name)"
        )
    }

    private func pinned(_ pin: LocalPin, _ report: ReplicaReport, on host: DeploymentPicture.Host) -> Explanation {
        Explanation(
            why: "\(host.name) is \(pin.text); nothing moves there",
            since: pin.since,
            who: "whoever can log in to host \(host.name)",
            next: "on \(host.name): muster-agent unpin \(report.name)"
        )
    }

    private func receipt(of report: ReplicaReport, on host: DeploymentPicture.Host) -> [Explanation] {
        switch report.receipt {
        case .noTarget(let kept):
            [
                Explanation(
                    why: "\(host.name) has no good version to go back to and "
                        + (kept == .keepServing ? "goes on serving what is condemned" : "has stopped"),
                    since: report.since,
                    who: "you",
                    next: "muster apply -f … with a version that works"
                )
            ]
        case .failed(let cause, _):
            [
                Explanation(
                    why: "\(host.name) could not go back: \(cause)",
                    since: report.since,
                    who: "you",
                    next: "muster describe host \(host.name)"
                )
            ]
        case .pinned:
            [
                Explanation(
                    why: "\(host.name) did not follow the rollback: it is "
                        + (report.pin?.text ?? "pinned on the host"),
                    since: report.pin?.since ?? report.since,
                    who: "whoever can log in to host \(host.name)",
                    next: "on \(host.name): muster-agent unpin \(report.name)"
                )
            ]
        case .done, .unaffected, .inProgress, .offline, nil: []
        }
    }
}

extension TargetState {
    /// The state in words that follow "is".
    package var words: String {
        switch self {
        case .pending: "waiting"
        case .staging: "preparing: files and checks"
        case .staged: "ready to switch"
        case .stoppingOld: "stopping the old version"
        case .starting: "starting the model server"
        case .probing: "asking the golden probe"
        case .switching: "switching the endpoint"
        case .observing: "being observed"
        case .verified: "verified"
        case .failed: "failed"
        case .reverting: "going back"
        case .reverted: "back on what served before"
        case .revertFailed: "failed, and so did the way back"
        case .removing: "stopping it for good"
        case .removed: "removed"
        }
    }
}

extension Rollout.State {
    /// The state in words that follow a name.
    package var past: String {
        switch self {
        case .preflight: "is being prepared"
        case .progressing: "is under way"
        case .baking: "is being watched"
        case .paused: "is paused"
        case .succeeded: "has succeeded"
        case .aborting: "is being aborted"
        case .aborted: "was aborted"
        case .superseded: "was superseded"
        case .cancelled: "was cancelled"
        }
    }
}
