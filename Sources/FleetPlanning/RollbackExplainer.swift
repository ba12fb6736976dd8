import Fleet

/// Says of the hosts of rollbacks that are not moving what they wait for. Hosts that wait for the same are named together.
struct RollbackExplainer {
    let picture: DeploymentPicture
    let calendar: OpenTimes
    let now: Instant

    /// One explanation for each thing that is waited for.
    func explanations() -> [Explanation] {
        guard !picture.isRemoving, picture.hosts.contains(where: { $0.entry?.receipt.isTerminal == false }) else {
            return []
        }
        let rollbacks = StandingRollbacks(picture)
        return rollbacks.members.flatMap { member in
            let hosts = picture.hosts.filter { $0.entry?.rollback == member.order.rollback }
            return member.order.drill ? rehearsals(hosts, member.order) : waiting(hosts, member.order)
        }
    }

    /// Whether a host waits for its turn in a rollback: then it is named here.
    static func isWaiting(_ host: DeploymentPicture.Host) -> Bool {
        guard let entry = host.entry, !entry.receipt.isTerminal, host.unreachableSince == nil else { return false }
        return entry.turn != .go
    }

    // MARK: Rollbacks

    private func waiting(_ hosts: [DeploymentPicture.Host], _ order: RollbackOrder) -> [Explanation] {
        let open = hosts.filter { $0.entry?.receipt.isTerminal == false && $0.unreachableSince == nil }
        let waiting = open.filter(Self.isWaiting)
        guard !waiting.isEmpty else { return [] }
        let scope = hosts.filter { host in
            guard let receipt = host.entry?.receipt else { return false }
            if case .unaffected = receipt { return false }
            return receipt.isTerminal || host.unreachableSince == nil
        }
        if order.strategy == .fast {
            let half = max((scope.count + 1) / 2, 1)
            return [said(waiting, "a turn to go back: at most \(half) of \(scope.count) hosts at a time", order)]
        }
        if let paused = paused(waiting, scope, order) { return [paused] }
        let current = open.compactMap(\.entry?.wave).min() ?? 0
        let waves = Dictionary(grouping: waiting) { $0.entry?.wave ?? 0 }
        let most = max(picture.policy.rollout.maxInFlight.hosts(of: scope.count), 1)
        return waves.sorted { $0.key < $1.key }.map { wave, hosts in
            wave <= current
                ? said(hosts, "a turn to go back: at most \(most) at a time", order)
                : said(hosts, "the end of wave \(wave) of the rollback", order)
        }
    }

    private func paused(
        _ waiting: [DeploymentPicture.Host],
        _ scope: [DeploymentPicture.Host],
        _ order: RollbackOrder
    ) -> Explanation? {
        let failed = scope.filter { host in
            if case .failed = host.entry?.receipt { host.isSelected } else { false }
        }
        let most = picture.policy.rollout.maxFailed
        guard failed.count > most.tolerated(of: scope.count), let first = failed.first else { return nil }
        return Explanation(
            why:
                "\(QueueExplainer.names(waiting)): rollback \(order.rollback) is paused, because \(failed.count) hosts "
                + "could not go back, and \(most) (\(most.tolerated(of: scope.count))) may, \(first.name) first",
            since: failed.compactMap(\.entry?.receiptAt).max(),
            who: "an operator, who may let all of them go",
            next: "muster rollback \(picture.name) --strategy fast --reason …"
        )
    }

    private func said(_ hosts: [DeploymentPicture.Host], _ what: String, _ order: RollbackOrder) -> Explanation {
        Explanation(
            why: "\(QueueExplainer.names(hosts)) for \(what)",
            since: max(hosts.compactMap(\.entry?.since).min() ?? order.at, order.at),
            who: "Muster and the hosts before them",
            next: "muster rollback status \(order.rollback)"
        )
    }

    // MARK: Rehearsals

    private func rehearsals(_ hosts: [DeploymentPicture.Host], _ order: RollbackOrder) -> [Explanation] {
        let waiting = hosts.filter(Self.isWaiting)
        guard !waiting.isEmpty else { return [] }
        guard let closed = calendar.closedBecause(at: now) else {
            return [said(waiting, "a turn to rehearse the way back", order)]
        }
        let opening = calendar.nextOpening(after: now).map { "it opens at \($0)" } ?? "no opening is known"
        return [said(waiting, "an opening to rehearse the way back: it is \(closed); \(opening)", order)]
    }
}
