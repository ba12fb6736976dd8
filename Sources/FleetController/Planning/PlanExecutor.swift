package import Fleet
package import FleetPlanning

/// Keeps a machine for each deployment, the slots for fetching that they share, and when each is to be planned next.
///
/// It chooses nothing and waits for nothing: its owner brings events and pictures, asks what is due, stores each plan in one
/// transaction and says how that went. A machine whose plan could not be stored is dropped and read again from the store.
package struct PlanExecutor: Sendable {
    /// How many hosts of one site may stage at a time.
    package static let slotsPerSite = 16
    /// After so long windows and freezes are worked out again.
    package static let calendarLife = Span.seconds(86_400)
    /// And when the time of day has moved by more, in milliseconds.
    static let tolerance = 1000

    /// What is small: an entry that is looked at is copied.
    private struct Entry: Sendable {
        var selector: LabelSelector
        var spread: String
        var hosts: Set<String>
        var windows: WindowCalendar
        var calendar: OpenTimes
        var calendarFrom: Instant
        var toTimeOfDay: Span
        /// Whether its newest plan ends it.
        var isRemoved = false
    }

    private var entries: [String: Entry] = [:]
    private var machines: [String: DeploymentMachine] = [:]
    /// When a deployment is to be planned by itself.
    private var wakes: [String: Instant] = [:]
    /// Always there: `nil` would let machines admit nothing.
    private var ledger: SiteLedger?
    private var dirty: Set<String> = []
    private var deploymentsByHost: [String: Set<String>] = [:]

    /// An executor that knows no deployment.
    package init(slotsPerSite: Int = PlanExecutor.slotsPerSite) {
        ledger = SiteLedger(limit: slotsPerSite)
    }

    // MARK: What it knows

    /// Whether a deployment's machine is here.
    package func knows(_ uid: String) -> Bool { entries.keys.contains(uid) }

    /// The deployments whose machines are here.
    package var deployments: [String] { entries.keys.sorted() }

    /// The deployments that select a host, or have an item or a target of it.
    package func deployments(of host: String) -> Set<String> { deploymentsByHost[host] ?? [] }

    /// The deployments whose selector takes these labels.
    package func deployments(selecting labels: [String: String]) -> [String] {
        entries.filter { $0.value.selector.matches(labels) }.keys.sorted()
    }

    /// Which hosts a deployment takes.
    package func selector(of uid: String) -> LabelSelector? { entries[uid]?.selector }

    /// The label over whose values a deployment's waves are spread.
    package func spread(of uid: String) -> String? { entries[uid]?.spread }

    /// The picture that a deployment's machine stands at.
    package func picture(of uid: String) -> DeploymentPicture? { machines[uid]?.picture }

    /// When the next deployment is to be planned by itself.
    package var nextWake: Instant? { wakes.values.min() }

    // MARK: What comes

    /// Takes a deployment over as it is in the store; it is planned once.
    ///
    /// - Parameter toTimeOfDay: what leads from the time of planning to the time of day: windows are written in that.
    package mutating func adopt(
        _ picture: DeploymentPicture,
        selector: LabelSelector,
        at now: Instant,
        toTimeOfDay: Span = .seconds(0)
    ) {
        drop(picture.uid)
        let windows = WindowCalendar(picture.policy)
        machines[picture.uid] = reserve(picture, at: now)
        entries[picture.uid] = Entry(
            selector: selector,
            spread: picture.policy.rollout.spread,
            hosts: Set(picture.hosts.map(\.id)),
            windows: windows,
            calendar: windows.openTimes(from: now, toTimeOfDay: toTimeOfDay),
            calendarFrom: now,
            toTimeOfDay: toTimeOfDay
        )
        for host in picture.hosts { deploymentsByHost[host.id, default: []].insert(picture.uid) }
        dirty.insert(picture.uid)
    }

    /// Takes the slots that a deployment's hosts hold: another deployment may be planned before this one is adopted, or
    /// before its first plan.
    ///
    /// - Returns: its machine.
    @discardableResult
    package mutating func reserve(_ picture: DeploymentPicture, at now: Instant) -> DeploymentMachine {
        var machine = DeploymentMachine(picture)
        ledger?.replace(deployment: picture.uid, holders: machine.holders(at: now))
        return machine
    }

    /// Something happened that concerns one deployment; one that is not here will be read with it.
    package mutating func take(_ event: PlanningEvent, of uid: String) {
        guard knows(uid) else { return }
        switch event {
        case .host(let host):
            entries[uid]?.hosts.insert(host.id)
            deploymentsByHost[host.id, default: []].insert(uid)
        case .gone(let host):
            entries[uid]?.hosts.remove(host)
            unlink(host, from: uid)
        case .report, .reachability, .guards: break
        }
        machines[uid]?.take(event)
        dirty.insert(uid)
    }

    /// A deployment is to be planned whatever its machine thinks.
    package mutating func mark(_ uid: String) {
        if knows(uid) { dirty.insert(uid) }
    }

    /// What is stored is not what the machine stands at: it is to be read again. Its slots stay taken until then.
    package mutating func drop(_ uid: String) {
        guard let entry = entries.removeValue(forKey: uid) else { return }
        machines[uid] = nil
        wakes[uid] = nil
        dirty.remove(uid)
        for host in entry.hosts { unlink(host, from: uid) }
    }

    /// A deployment is no more.
    package mutating func forget(_ uid: String) {
        drop(uid)
        ledger?.replace(deployment: uid, holders: [:])
    }

    // MARK: Planning

    /// The deployments that are to be planned now, sorted.
    package func due(at now: Instant) -> [String] {
        var due = dirty.union(ledger?.waiting.filter { knows($0) } ?? [])
        for (uid, wakeAt) in wakes where wakeAt <= now { due.insert(uid) }
        return due.sorted()
    }

    /// The plan of one deployment. One that is not empty is to be stored, and `committed` or `failed` said of it before
    /// anything else of that deployment.
    package mutating func plan(
        _ uid: String,
        at now: Instant,
        toTimeOfDay: Span = .seconds(0),
        freshRollout: String
    ) -> DeploymentPlan? {
        refreshCalendar(of: uid, at: now, toTimeOfDay)
        guard let calendar = entries[uid]?.calendar,
            let plan = machines[uid]?.plan(
                at: now,
                calendar: calendar,
                sites: &ledger,
                freshRollout: freshRollout
            )
        else { return nil }
        dirty.remove(uid)
        entries[uid]?.isRemoved = plan.isRemoved
        // One that wants to be woken at once although nothing can be done must not keep everybody busy.
        wakes[uid] = plan.isEmpty ? plan.wakeAt.map { max($0, now + .seconds(1)) } : plan.wakeAt
        return plan
    }

    /// A plan is in the store; `items` are those that it changed, with their numbers. It may open the way for the next
    /// step, so the deployment is due again; one whose removal is complete is forgotten.
    package mutating func committed(_ uid: String, items: [String: AssignmentItem]) {
        guard entries[uid]?.isRemoved == false else { return forget(uid) }
        for (host, item) in items { machines[uid]?.assigned(item, to: host) }
        mark(uid)
    }

    /// A plan is not in the store: the machine is ahead of it.
    package mutating func failed(_ uid: String) {
        drop(uid)
    }

    private mutating func unlink(_ host: String, from uid: String) {
        deploymentsByHost[host]?.remove(uid)
        if deploymentsByHost[host]?.isEmpty == true { deploymentsByHost[host] = nil }
    }

    private mutating func refreshCalendar(of uid: String, at now: Instant, _ toTimeOfDay: Span) {
        guard let entry = entries[uid] else { return }
        let jump = (toTimeOfDay.milliseconds - entry.toTimeOfDay.milliseconds).magnitude
        guard now < entry.calendarFrom || now >= entry.calendarFrom + Self.calendarLife || jump > Self.tolerance else {
            return
        }
        entries[uid]?.calendar = entry.windows.openTimes(from: now, toTimeOfDay: toTimeOfDay)
        entries[uid]?.calendarFrom = now
        entries[uid]?.toTimeOfDay = toTimeOfDay
    }
}
