import Fleet
import FleetPlanning

/// A rollout over many hosts, in memory: how long one host's status takes until the new plan is there.
struct PlannerBench {
    /// What was measured, in microseconds.
    struct Figures {
        var told: [Double] = []
        var anew: [Double] = []
    }

    private var machine: DeploymentMachine
    private var ledger: SiteLedger? = SiteLedger(limit: 16)
    private var now = Instant(milliseconds: 1_795_286_220_000)
    private var number: UInt64 = 0
    /// Hosts that have something to say, and the item that they say it of.
    private var talking: [(host: String, item: AssignmentItem)] = []

    init(hosts: Int) {
        let old = Self.revision(1)
        let candidate = Self.revision(2)
        machine = DeploymentMachine(
            DeploymentPicture(
                uid: "uid",
                name: "fraud",
                written: candidate,
                revisions: [old],
                succeeded: [old.reference],
                endpoint: Endpoint(port: 8080, to: "http"),
                policy: Deployment.Policy(rollout: RolloutPolicy(maxInFlight: .percent(2), bake: .seconds(0))),
                selector: "env=prod",
                hosts: (0..<hosts).map { Self.host($0, serving: old) }
            )
        )
    }

    private static func host(_ index: Int, serving revision: Revision) -> DeploymentPicture.Host {
        let item = AssignmentItem(
            deployment: "uid",
            name: "fraud",
            number: 1,
            revision: revision,
            endpoint: Endpoint(port: 8080, to: "http"),
            stableFor: .seconds(30),
            rollbackStableFor: .seconds(3),
            succeeded: [revision.reference]
        )
        return DeploymentPicture.Host(
            id: "host-\(index)",
            name: "host-\(index)",
            isSelected: true,
            site: "site-\(index % 50)",
            item: item,
            report: report(item, .verified, serving: revision.reference)
        )
    }

    private static func report(
        _ item: AssignmentItem,
        _ state: TargetState,
        serving: RevisionReference?
    ) -> ReplicaReport {
        ReplicaReport(
            deployment: "uid",
            name: "fraud",
            item: item.number,
            goal: item.revision?.reference,
            state: state,
            since: Instant(milliseconds: 1_795_286_220_000),
            serving: serving,
            endpoint: item.endpoint
        )
    }

    private static func revision(_ number: Int) -> Revision {
        let runtime = RuntimeProfile(
            name: "r",
            command: ["serve"],
            ports: ["http"],
            ready: .init(port: "http", path: "/")
        )
        let model = RevisionContent.ResolvedModel(
            name: "fraud",
            version: "\(number)",
            format: "sklearn",
            bundle: Digest(of: "\(number)".utf8)
        )
        let written = Deployment.Content(model: "fraud", version: "\(number)", runtime: "r").writtenDigest
        return Revision(
            number: UInt64(number),
            content: RevisionContent(model: model, runtime: runtime, environment: [:], probe: nil),
            written: written
        )
    }

    /// Lets the hosts follow until so many statuses were planned, or the rollout is over.
    ///
    /// - Parameter isWatched: whether the rollout has come to where it is measured.
    mutating func run(statuses: Int, anew: Int) -> Figures {
        var figures = Figures()
        var ledger = self.ledger
        step(&ledger)
        let clock = ContinuousClock()
        while figures.told.count < statuses, !talking.isEmpty {
            let (host, item) = talking.removeFirst()
            let state: TargetState = item.order == .stage ? .staged : .verified
            let old = item.order == .stage ? item.succeeded.last : item.revision?.reference
            now = now + Span(milliseconds: 1)
            let isMeasured = machine.rollout.map { $0.wave >= 2 } ?? false
            let elapsed = clock.measure {
                machine.take(.report(host: host, Self.report(item, state, serving: old)))
                step(&ledger)
            }
            if isMeasured { figures.told.append(Double(elapsed.components.attoseconds) / 1e12) }
        }
        for _ in 0..<anew {
            var none: SiteLedger?
            let picture = machine.picture
            let elapsed = clock.measure {
                var fresh = DeploymentMachine(picture)
                _ = fresh.plan(at: now, calendar: .always, sites: &none, freshRollout: "")
            }
            figures.anew.append(Double(elapsed.components.attoseconds) / 1e12)
        }
        self.ledger = ledger
        return figures
    }

    private mutating func step(_ ledger: inout SiteLedger?) {
        let plan = machine.plan(at: now, calendar: .always, sites: &ledger, freshRollout: "rollout")
        for (host, item) in plan.items {
            number += 1
            var item = item
            item.number = number + 1
            machine.assigned(item, to: host)
            talking.append((host, item))
        }
    }
}
