import Fleet
import FleetStore

/// What a rollback would do, as people see it; counted over all hosts, however many.
struct RollbackPreview {
    private let revisions: RevisionNames
    private let isLong: Bool
    private var deployments: [RollbackPlanDeployment] = []
    private var hosts: [RollbackPlanHost] = []
    private var counts = ReceiptCounts()
    /// The most hosts of a deployment that would move.
    private var moving = 0
    private var slowest = Span.seconds(0)
    private var isRolling = false

    /// - Parameter isLong: whether only the hosts are shown that somebody should look at.
    init(_ revisions: RevisionNames, isLong: Bool) {
        self.revisions = revisions
        self.isLong = isLong
    }

    /// Adds what would become of one deployment.
    mutating func add(_ basis: RollbackBasis, _ decision: RollbackDecision, strategy: Rollback.Strategy?) throws {
        var view = RollbackPlanDeployment(name: basis.name, condemned: [])
        switch decision {
        case .refuse(let why, let next): view.refusal = "\(why); \(next)"
        case .join(let id): view.joins = id
        case .go(let condemned, let target):
            view.condemned = try condemned.map { try revisions.view($0, of: basis.record.uid) }
            try look(at: basis, condemned, target, &view)
            let policy = basis.record.deployment.policy
            isRolling = isRolling || (strategy ?? policy.rollbackStrategy) == .rolling
            slowest = max(slowest, policy.rollbackStableFor)
        }
        counts.add(view.counts)
        deployments.append(view)
    }

    /// Adds a deployment that is left out.
    mutating func add(refused name: String, _ why: String) {
        deployments.append(RollbackPlanDeployment(name: name, condemned: [], refusal: why))
    }

    /// The whole.
    func view(confirm: String) -> RollbackPlanView {
        let (estimate, expectation) = expectation
        return RollbackPlanView(
            deployments: deployments.sorted { $0.name < $1.name },
            hosts: hosts.sorted { ($0.deployment, $0.host) < ($1.deployment, $1.host) },
            counts: counts,
            estimate: estimate,
            expectation: expectation,
            confirm: confirm
        )
    }

    private struct Path: Hashable {
        var from: Digest?
        var to: Digest?
    }

    private mutating func look(
        at basis: RollbackBasis,
        _ condemned: [RevisionReference],
        _ target: RevisionReference?,
        _ view: inout RollbackPlanDeployment
    ) throws {
        var ways: [Path: (from: RevisionReference?, to: RevisionReference?, hosts: Int)] = [:]
        var moving = 0
        for host in basis.hosts {
            let fate = RollbackFate(host, basis, condemned, target)
            view.counts.add(fate.kind)
            if fate.kind != .unaffected {
                let from = host.serving
                ways[Path(from: from?.digest, to: fate.to?.digest), default: (from, fate.to, 0)].hosts += 1
            }
            if fate.kind == .inProgress { moving += 1 }
            guard !isLong || fate.needsAttention else { continue }
            hosts.append(
                RollbackPlanHost(
                    deployment: basis.name,
                    host: host.name,
                    from: try host.serving.map { try revisions.view($0, of: basis.record.uid) },
                    to: try fate.to.map { try revisions.view($0, of: basis.record.uid) },
                    receipt: fate.kind,
                    reason: fate.reason,
                    unreachableSince: host.unreachableSince,
                    readiness: fate.readiness
                )
            )
        }
        self.moving = max(self.moving, moving)
        view.ways = try ways.values.map { way in
            RollbackPlanDeployment.Way(
                from: try way.from.map { try revisions.view($0, of: basis.record.uid) },
                to: try way.to.map { try revisions.view($0, of: basis.record.uid) },
                hosts: way.hosts
            )
        }.sorted {
            ($1.hosts, $0.from?.number ?? 0, $0.to?.number ?? 0) < ($0.hosts, $1.from?.number ?? 0, $1.to?.number ?? 0)
        }
    }

    /// Two turns of half of the hosts, each as long as the proof and a start; deployments go side by side.
    private var expectation: (Span?, String) {
        guard moving > 0 else { return (nil, "no host that can be reached would move") }
        guard !isRolling else { return (nil, "no estimate: waves follow each other as their hosts end") }
        let turns: Int64 = moving > 1 ? 2 : 1
        let start = Span.seconds(5)
        let words = turns == 1 ? "one host" : "two turns of half of the hosts"
        return (
            Span(milliseconds: turns * (slowest.milliseconds + start.milliseconds)),
            "\(words), each with \(start) to start and \(slowest) of proof; a model that loads longer takes longer"
        )
    }
}
