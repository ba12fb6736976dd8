import Fleet
import Testing

@testable import FleetPlanning

/// A deployment with hosts that do what they are told, planned without a controller.
///
/// Each plan is made twice: by the machine that was told of every change, and by one made anew from the picture.
struct PlanningFleet {
    private(set) var machine: DeploymentMachine
    var ledger: SiteLedger? = SiteLedger(limit: 1000)
    var calendar = OpenTimes.always
    var now = Instant(milliseconds: 1_000_000)
    /// Versions that fail their proof on every host.
    var badVersions: Set<Int> = []
    /// Hosts whose files do not come, by id.
    var stuckFetches: Set<String> = []
    /// Hosts that refuse what they are to stage, by id.
    var refusing: Set<String> = []
    /// Hosts on which going back fails: they stay where they are.
    var stuckHosts: Set<String> = []
    /// Hosts that somebody has pinned, by id.
    var pinned: Set<String> = []
    /// What each host kept as good, by host id.
    var good: [String: [RevisionReference]] = [:]
    private var numbers: [String: UInt64] = [:]
    var serial = 0

    init(hosts: Int, policy: RolloutPolicy = PlanningFleet.quick, site: (Int) -> String = { _ in "" }) {
        machine = DeploymentMachine(
            DeploymentPicture(
                uid: "d",
                name: "wine",
                written: Self.revision(1),
                policy: Deployment.Policy(rollout: policy),
                selector: "site=lyon",
                hosts: (1...max(hosts, 1)).prefix(hosts).map {
                    DeploymentPicture.Host(id: Self.id($0), name: Self.id($0), isSelected: true, site: site($0))
                }
            )
        )
    }

    /// One host, then everybody at once; no bake.
    static let quick = RolloutPolicy(
        waves: [.count(1), .percent(100)],
        maxInFlight: .percent(100),
        maxFailed: .count(0)
    )

    /// The same, with one host at a time.
    static let oneByOne: RolloutPolicy = {
        var policy = quick
        policy.maxInFlight = .count(1)
        return policy
    }()

    static func id(_ number: Int) -> String {
        let digits = String(number)
        return "h" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }

    /// The revision of one version; versions are numbered like their revisions.
    static func revision(_ number: Int) -> Revision {
        let runtime = RuntimeProfile(
            name: "r",
            command: ["serve"],
            ports: ["http"],
            ready: .init(port: "http", path: "/")
        )
        let model = RevisionContent.ResolvedModel(
            name: "wine",
            version: "\(number)",
            format: "sklearn",
            bundle: Digest(of: "\(number)".utf8)
        )
        let written = Deployment.Content(model: "wine", version: "\(number)", runtime: "r").writtenDigest
        return Revision(
            number: UInt64(number),
            content: RevisionContent(model: model, runtime: runtime, environment: [:], probe: nil),
            written: written
        )
    }

    // MARK: What it looks like

    var picture: DeploymentPicture { machine.picture }
    var hosts: [DeploymentPicture.Host] { picture.hosts }
    var rollout: Rollout? { machine.rollout }

    func host(_ number: Int) -> DeploymentPicture.Host? { hosts.first { $0.id == Self.id(number) } }

    /// The numbers that the hosts serve; 0 for nothing.
    var serving: [Int] { hosts.map { Int($0.report?.serving?.number ?? 0) } }

    var words: [String] { hosts.map { $0.target?.standing.words ?? "-" } }

    var explanations: [Explanation] {
        var items: [String: AssignmentItem] = [:]
        for host in hosts { items[host.id] = host.item }
        return DeploymentExplainer(picture: picture, items: items, calendar: calendar, now: now).explanations()
    }

    /// Everything that a failure's reader wants to know.
    var summary: String {
        let hosts = hosts.map { host in
            "\(host.id) \(host.item?.order as Any? ?? "-") \(host.item?.revision?.number ?? 0) "
                + "\(host.currentReport?.state.rawValue ?? "-") serving \(host.report?.serving?.number ?? 0) "
                + "\(host.target?.standing.words ?? "-") \(host.entry?.words ?? "-")"
        }
        let rollout =
            rollout.map { "\($0.state) of \($0.revision.number), wave \($0.wave): \($0.reason)" } ?? "no rollout"
        return "written \(picture.written.number), \(rollout), succeeded \(picture.succeeded.map(\.number)), "
            + "holds \(picture.holds.map(\.revision.number)), \(hosts)"
    }

    // MARK: What people do

    /// Desired state changes: the machine is made anew, as after an operator's transaction.
    mutating func edit(_ body: (inout DeploymentPicture) -> Void) {
        var picture = machine.picture
        body(&picture)
        machine = DeploymentMachine(picture)
    }

    mutating func apply(_ number: Int) {
        edit { picture in
            picture.revisions.append(picture.written)
            picture.written = Self.revision(number)
            picture.freshRequest = "ada"
        }
        plan()
    }

    /// As in an operator's transaction: on a machine made anew, planned without admitting anybody.
    mutating func perform(_ command: RolloutCommand, reason: String? = "because") throws(RolloutRefusal) {
        var fresh = DeploymentMachine(machine.picture)
        try fresh.perform(command, by: "ada", reason: reason, at: now)
        serial += 1
        var none: SiteLedger?
        let plan = fresh.plan(at: now, calendar: calendar, sites: &none, freshRollout: "r\(serial)")
        for (host, item) in numbered(plan) { fresh.assigned(item, to: host) }
        machine = DeploymentMachine(fresh.picture)
    }

    /// The plan's items with the numbers that the store would give them.
    private mutating func numbered(_ plan: DeploymentPlan) -> [String: AssignmentItem] {
        var items = plan.items
        for host in items.keys {
            numbers[host, default: 0] += 1
            items[host]?.number = numbers[host] ?? 0
        }
        return items
    }

    // MARK: What hosts do

    mutating func take(_ event: PlanningEvent) { machine.take(event) }

    mutating func setDark(_ number: Int, _ isDark: Bool = true) {
        machine.take(.reachability(host: Self.id(number), unreachableSince: isDark ? now : nil))
    }

    mutating func report(_ number: Int, _ body: (inout ReplicaReport) -> Void) {
        guard let host = host(number), var report = host.report else { return }
        body(&report)
        machine.take(.report(host: host.id, report))
    }

    /// One reachable host says that it is in a state with its item.
    mutating func say(_ number: Int, _ state: TargetState, reason: String? = nil, failure: ReplicaFailure? = nil) {
        guard let host = host(number), let item = host.item else { return }
        var report = blank(item, host)
        report.state = state
        report.reason = reason
        report.failure = failure
        machine.take(.report(host: host.id, report))
    }

    private func blank(_ item: AssignmentItem, _ host: DeploymentPicture.Host) -> ReplicaReport {
        var report = ReplicaReport(
            deployment: "d",
            name: "wine",
            item: item.number,
            goal: item.revision?.reference,
            state: .verified,
            since: now,
            serving: host.report?.serving,
            endpoint: host.report?.endpoint
        )
        report.rollback = wayBack(of: host)
        return report
    }

    /// One reachable host finishes what it is told.
    mutating func work(_ number: Int) {
        guard let host = host(number), host.unreachableSince == nil, let item = host.item else { return }
        var report = blank(item, host)
        switch item.order {
        case .remove:
            report.state = .removed
            report.serving = nil
            report.endpoint = nil
        case .stage:
            report.state = .staged
            if stuckFetches.contains(host.id) {
                report.state = .staging
                report.fetchedBytes = 1
            } else if refusing.contains(host.id) {
                report.state = .reverted
                report.reason = "not enough memory"
                report.failure = ReplicaFailure(kind: .refused, state: .staging)
            }
        case .rollback(_, let turn): goBack(host, item, turn, &report)
        case .converge: converge(host, item, &report)
        }
        for known in item.succeeded where known == report.serving {
            good[host.id, default: []].removeAll { $0 == known }
            good[host.id, default: []].append(known)
        }
        machine.take(.report(host: host.id, report))
    }

    private func converge(_ host: DeploymentPicture.Host, _ item: AssignmentItem, _ report: inout ReplicaReport) {
        if stuckHosts.contains(host.id), host.report?.serving != nil,
            item.revision?.digest != picture.rollout?.revision.digest
        {
            report.state = .reverted
            report.reason = "the port is taken"
        } else if let revision = item.revision, !badVersions.contains(Int(revision.number)) {
            report.serving = revision.reference
            report.endpoint = item.endpoint
        } else if item.revision == nil {
            report.state = .reverted
            report.serving = nil
            report.endpoint = nil
        } else {
            report.state = .reverted
            report.reason = "the golden probe did not match"
            report.failure = ReplicaFailure(kind: .transition, state: .probing)
        }
    }

    // MARK: Planning

    /// One planning step, carried out; the step of a machine made anew must be the same.
    @discardableResult
    mutating func plan(
        after span: Span = .seconds(1),
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> DeploymentPlan {
        now = now + span
        serial += 1
        var twin = DeploymentMachine(machine.picture)
        var twinLedger = ledger
        let plan = machine.plan(at: now, calendar: calendar, sites: &ledger, freshRollout: "r\(serial)")
        let other = twin.plan(at: now, calendar: calendar, sites: &twinLedger, freshRollout: "r\(serial)")
        #expect(
            plan.withoutWakeUp == other.withoutWakeUp,
            """
            a machine made anew plans something else:
            told:  \(plan.words)
            anew:  \(other.words)
            taken: \(["", "s0", "s1", "s2"].map { ledger?.taken(at: $0) ?? 0 })
            \(summary)
            """,
            sourceLocation: sourceLocation
        )
        for (host, item) in numbered(plan) { machine.assigned(item, to: host) }
        return plan
    }

    /// Plans and works in turns until nothing changes. Returns the number of turns; `limit` when it never ended.
    @discardableResult
    mutating func settle(limit: Int = 100, sourceLocation: SourceLocation = #_sourceLocation) -> Int {
        for turn in 1...limit {
            let before = summary
            plan(sourceLocation: sourceLocation)
            for number in hosts.indices { work(number + 1) }
            if summary == before { return turn }
        }
        return limit
    }
}

extension DeploymentPlan {
    /// In short, for a failure's reader.
    var words: String {
        let items = items.sorted { $0.key < $1.key }.map {
            "\($0.key) \($0.value.order) \($0.value.revision?.number ?? 0)"
        }
        let targets = targets.sorted { $0.name < $1.name }.map { "\($0.name) \($0.standing.words)" }
        let entries = entries.map { "\($0.name) \($0.words)" }
        return
            "entries \(entries), rollout \(rollout.map { "\($0.state) \($0.wave) \($0.reason) \($0.clock)" } ?? "-"), items \(items), "
            + "targets \(targets), dropped \(dropped.sorted()), wake \(wakeAt?.description ?? "-")"
    }

    /// An old deadline may wake a machine that was told of every change once too often.
    fileprivate var withoutWakeUp: DeploymentPlan {
        var plan = self
        plan.wakeAt = nil
        plan.targets.sort { $0.name < $1.name }
        plan.entries.sort { ($0.name, $0.rollback) < ($1.name, $1.rollback) }
        return plan
    }
}

extension PlanningFleet {
    /// A fleet whose first revision has settled everywhere and whose second is on its way.
    static func underWay(
        hosts: Int,
        policy: RolloutPolicy = PlanningFleet.quick,
        site: (Int) -> String = { _ in "" }
    ) -> PlanningFleet {
        var fleet = PlanningFleet(hosts: hosts, policy: PlanningFleet.quick, site: site)
        fleet.settle()
        fleet.edit { $0.policy.rollout = policy }
        fleet.apply(2)
        return fleet
    }
}
