import Fleet

@testable import FleetPlanning

/// A deployment with hosts that do what they are told, for planning without a controller.
struct PlanningFixture {
    var picture: DeploymentPicture
    var now = Instant(milliseconds: 1_000_000)
    /// Versions that fail their proof on every host.
    var badVersions: Set<Int> = []
    /// Hosts on which going back fails: they stay where they are.
    var stuckHosts: Set<String> = []
    /// What each host kept as good, by host id.
    private var good: [String: [RevisionReference]] = [:]
    private var serial = 0

    init(hosts: Int) {
        picture = DeploymentPicture(
            uid: "d",
            name: "wine",
            written: Self.revision(1),
            selector: "site=lyon",
            hosts: (1...hosts).map { DeploymentPicture.Host(id: "h\($0)", name: "h\($0)", isSelected: true) }
        )
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

    mutating func apply(_ number: Int) {
        picture.revisions.append(picture.written)
        picture.written = Self.revision(number)
        picture.isRolloutAsked = true
        plan()
        picture.isRolloutAsked = false
    }

    mutating func rollBack() {
        guard let wanted = picture.condemnable else { return }
        serial += 1
        let hold = Hold(
            id: "hold\(serial)",
            deployment: "d",
            revision: wanted,
            actor: "ada",
            reason: "wrong",
            since: now
        )
        picture.holds.append(hold)
        if let settled = picture.settled {
            picture.succeeded.removeAll { $0 == settled }
            picture.succeeded.append(settled)
        }
    }

    /// One planning step, carried out.
    @discardableResult
    mutating func plan() -> DeploymentPlan {
        now = now + .seconds(1)
        serial += 1
        let plan = DeploymentPlanner(picture: picture, now: now, freshRollout: "r\(serial)").plan()
        picture.rollout = plan.rollout
        picture.succeeded = plan.succeeded
        for index in picture.hosts.indices { picture.hosts[index].item = plan.items[picture.hosts[index].id] }
        return plan
    }

    /// One reachable host finishes what it is told.
    mutating func work(_ index: Int) {
        guard picture.hosts[index].unreachableSince == nil, let item = picture.hosts[index].item else { return }
        let host = picture.hosts[index]
        var report = ReplicaReport(
            deployment: "d",
            name: "wine",
            item: item.number,
            goal: item.revision?.reference,
            state: .verified,
            since: now,
            serving: host.report?.serving
        )
        switch item.order {
        case .remove:
            report.state = .removed
            report.serving = nil
        case .rollback:
            let target = good[host.id]?.last { item.holds.condemning($0) == nil }
            report.goal = target
            report.serving = target ?? report.serving
            report.receipt = target.map { .done(serving: $0) } ?? .noTarget(.keepServing)
            // As ReplicaLifecycle settles it.
            if target == nil { report.state = .revertFailed }
        case .converge:
            if stuckHosts.contains(host.id), host.report?.serving != nil,
                item.revision?.digest != picture.rollout?.revision.digest
            {
                report.state = .reverted
                report.reason = "the port is taken"
            } else if let revision = item.revision, !badVersions.contains(Int(revision.number)) {
                report.serving = revision.reference
            } else if item.revision == nil {
                report.state = .reverted
                report.serving = nil
            } else {
                report.state = .reverted
                report.reason = "the golden probe did not match"
            }
        }
        for known in item.succeeded where known == report.serving {
            good[host.id, default: []].removeAll { $0 == known }
            good[host.id, default: []].append(known)
        }
        picture.hosts[index].report = report
    }

    /// Plans and works in turns until nothing changes. Returns the number of turns; `limit` when it never ended.
    mutating func settle(limit: Int = 60) -> Int {
        for turn in 1...limit {
            let before = summary
            plan()
            for index in picture.hosts.indices { work(index) }
            if summary == before { return turn }
        }
        return limit
    }

    /// Everything that a failure's reader wants to know.
    var summary: String {
        let hosts = picture.hosts.map { host in
            "\(host.id) \(host.item?.order as Any? ?? "-") \(host.item?.revision?.number ?? 0) "
                + "\(host.currentReport?.state.rawValue ?? "-") serving \(host.report?.serving?.number ?? 0)"
        }
        let rollout = picture.rollout.map { "\($0.state) of \($0.revision.number), wave \($0.wave)" } ?? "no rollout"
        return "written \(picture.written.number), \(rollout), succeeded \(picture.succeeded.map(\.number)), "
            + "holds \(picture.holds.map(\.revision.number)), \(hosts)"
    }

    /// The numbers that the hosts serve; 0 for nothing.
    var serving: [Int] { picture.hosts.map { Int($0.report?.serving?.number ?? 0) } }
}
