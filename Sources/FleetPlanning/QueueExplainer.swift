import Fleet

/// Says of hosts that wait for their turn what they wait for: a wave, a slot to fetch, a place among those that move, a
/// window. Hosts that wait for the same are named together.
struct QueueExplainer {
    /// How many hosts are named.
    private static let named = 3

    let picture: DeploymentPicture
    let calendar: OpenTimes
    let now: Instant

    /// One explanation for each thing that is waited for.
    func explanations() -> [Explanation] {
        guard !picture.isRemoving else { return [] }
        var found: [Explanation] = []
        if let rollout = picture.rollout, !rollout.state.isTerminal, rollout.state != .paused {
            found.append(contentsOf: listed(rollout))
        }
        found.append(contentsOf: standing())
        return found
    }

    // MARK: In a rollout

    private func listed(_ rollout: Rollout) -> [Explanation] {
        var later: [Int: [DeploymentPicture.Host]] = [:]
        var fetching: [DeploymentPicture.Host] = []
        var ready: [DeploymentPicture.Host] = []
        var back: [DeploymentPicture.Host] = []
        var busy: [String: [DeploymentPicture.Host]] = [:]
        for host in picture.hosts {
            // One in a rollback that has not ended hears of the rollout afterwards, and has reasons of its own.
            guard let target = host.target, host.isSelected, !RollbackExplainer.isWaiting(host) else { continue }
            switch target.standing {
            case .waiting where rollout.state.isForward && target.wave <= rollout.wave:
                if host.isMoving(at: now), !host.isStartingAgain, !host.isHeldUp {
                    busy[unended(host), default: []].append(host)
                } else if isThere(host, rollout) {
                    ready.append(host)
                } else {
                    fetching.append(host)
                }
            case .staged where rollout.state.isForward && target.wave <= rollout.wave: ready.append(host)
            case .waiting where rollout.state.isForward, .staged where rollout.state.isForward:
                later[target.wave, default: []].append(host)
            case .verified where rollout.state == .aborting, .moving where rollout.state == .aborting:
                back.append(host)
            case .waiting, .staging, .staged, .moving, .verified, .failed, .presumedFailed, .returning, .returned,
                .unreachable, .excluded, .ineligible, .skipped:
                break
            }
        }
        return busy.sorted { $0.key < $1.key }.compactMap { ending($1, $0, rollout) }
            + [
                waiting(fetching, "a slot to fetch the files: so many hosts of one site do at a time", rollout),
                waiting(ready, turn, rollout),
                waiting(back, "a turn to go back: at most \(limit) at a time", rollout),
            ].compactMap { $0 }
            + later.sorted { $0.key < $1.key }.compactMap { wave, hosts in
                waiting(hosts, "the end of wave \(wave) of \(rollout.waveEnds.count)\(bake)", rollout)
            }
    }

    /// Whether a host has nothing to fetch.
    private func isThere(_ host: DeploymentPicture.Host, _ rollout: Rollout) -> Bool {
        host.report?.serving?.digest == rollout.revision.digest && host.report?.endpoint == picture.endpoint
    }

    /// Where a host still goes that was told so before this rollout, in words that follow "still".
    private func unended(_ host: DeploymentPicture.Host) -> String {
        if case .rollback(let id, _)? = host.item?.order { return "going back in rollback \(id)" }
        guard let revision = host.item?.revision else { return "going back to what served before" }
        return "on the way to revision \(revision.number)"
    }

    /// Hosts that end what was begun there before a rollout: it asks nothing of them until then. An abort turns them round,
    /// unless they go where everybody is to be without it, or in a rollback.
    private func ending(_ hosts: [DeploymentPicture.Host], _ way: String, _ rollout: Rollout) -> Explanation? {
        let one = hosts.count == 1 ? hosts.first?.name : nil
        let what = "what was begun there before this rollout: \(one == nil ? "they are" : "it is") still \(way)"
        var said = waiting(hosts, what, rollout)
        let who = one.map { "host \($0), which goes on by itself" } ?? "the hosts, which go on by themselves"
        said?.who = "\(who) when that has ended"
        let mayBeEnded = hosts.contains { host in
            host.item?.order == .converge
                && host.item?.revision?.digest != picture.settled(on: host.id)?.digest
        }
        if mayBeEnded {
            said?.who += "; an operator may end it"
            said?.next =
                "muster rollout abort \(picture.name) --reason … ends that; then muster rollout retry \(picture.name)"
        } else if let one {
            said?.next = "muster describe host \(one)"
        }
        return said
    }

    private var bake: String {
        let bake = picture.policy.rollout.bake
        return bake > .seconds(0) ? " and \(bake) of watching it" : ""
    }

    private var turn: String {
        if let closed = calendar.closedBecause(at: now) { return "an opening: it is \(closed); \(opening)" }
        return "a turn to move: at most \(limit) at a time"
    }

    private var opening: String {
        calendar.nextOpening(after: now).map { "it opens at \($0)" } ?? "no opening is known"
    }

    private var limit: Int {
        let size = picture.rollout.flatMap { $0.state.isTerminal ? nil : $0.size } ?? picture.hosts.count
        return max(picture.policy.rollout.maxInFlight.hosts(of: size), 1)
    }

    private func waiting(_ hosts: [DeploymentPicture.Host], _ what: String, _ rollout: Rollout) -> Explanation? {
        guard !hosts.isEmpty else { return nil }
        return Explanation(
            why: "\(Self.names(hosts)) for \(what)",
            since: max(hosts.compactMap(\.target?.since).min() ?? rollout.since, rollout.startedAt),
            who: "Muster and the hosts before them",
            next: "muster rollout status \(picture.name) --all"
        )
    }

    // MARK: Outside a rollout

    private func standing() -> [Explanation] {
        let isForward = picture.rollout?.state.isForward == true
        let others = picture.hosts.filter { host in
            guard host.isSelected, host.cordon == nil, host.unreachableSince == nil, host.report?.pin == nil else {
                return false
            }
            guard !isForward || host.target == nil else { return false }
            if case .rollback = host.item?.order { return false }
            return true
        }
        guard picture.settled != nil else {
            let fresh = others.filter { $0.item == nil }
            guard isForward, !fresh.isEmpty else { return [] }
            return [
                Explanation(
                    why: "\(Self.names(fresh)) for the rollout's end: not in its list, and nothing older has succeeded",
                    since: picture.rollout?.startedAt,
                    who: "Muster, when the rollout has succeeded",
                    next: "muster rollout status \(picture.name)"
                )
            ]
        }
        let rollbacks = StandingRollbacks(picture)
        let late = others.filter { host in
            guard let settled = picture.settled(on: host.id), !picture.hasFailed(host, settled, at: now),
                !picture.isLeft(host, settled, rollbacks)
            else { return false }
            return host.report?.serving?.digest != settled.digest && host.item?.leads(to: settled) != true
        }
        let number = late.first.flatMap { picture.settled(on: $0.id)?.number } ?? 0
        let serving = late.filter { $0.report?.serving != nil }
        let fresh = late.filter { $0.report?.serving == nil }
        let site = "so many hosts of one site as may move at a time begin together"
        return [
            owed(fresh, "a turn to serve revision \(number): \(site)"),
            owed(
                serving,
                calendar.isOpen(at: now) ? "a turn to serve revision \(number): \(site)" : turn
            ),
        ].compactMap { $0 }
    }

    private func owed(_ hosts: [DeploymentPicture.Host], _ what: String) -> Explanation? {
        guard !hosts.isEmpty else { return nil }
        return Explanation(
            why: "\(Self.names(hosts)) for \(what)",
            since: hosts.compactMap(\.report?.since).min(),
            who: "Muster",
            next: "muster get deployment \(picture.name)"
        )
    }

    /// `a, b and c wait`, `a waits`, `a, b, c and 7 more wait`.
    static func names(_ hosts: [DeploymentPicture.Host]) -> String {
        let names = hosts.prefix(named).map(\.name)
        guard hosts.count > 1 else { return "\(names.joined()) waits" }
        guard hosts.count <= named else {
            return "\(names.joined(separator: ", ")) and \(hosts.count - named) more wait"
        }
        return "\(names.dropLast().joined(separator: ", ")) and \(names.last ?? "") wait"
    }
}

extension AssignmentItem {
    /// Whether a host that has it was told to serve a revision.
    fileprivate func leads(to revision: RevisionReference) -> Bool {
        order == .converge && self.revision?.digest == revision.digest
    }
}
