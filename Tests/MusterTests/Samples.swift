import Fleet

@testable import muster

/// Views as a controller would answer them, at a fixed time.
enum Samples {
    /// 2026-11-21T18:40:00Z.
    static let now = Instant(milliseconds: 1_795_286_400_000)

    static func ago(_ seconds: Int64) -> Instant { Instant(milliseconds: now.milliseconds - seconds * 1000) }

    static func revision(_ number: UInt64, _ version: String) -> RevisionView {
        RevisionView(
            number: number,
            digest: Digest(of: "d\(number)".utf8),
            written: Digest(of: "w\(number)".utf8),
            model: "wine",
            version: version,
            runtime: "mlserver"
        )
    }

    static func reference(_ number: UInt64) -> RevisionReference {
        RevisionReference(
            number: number,
            digest: Digest(of: "d\(number)".utf8),
            written: Digest(of: "w\(number)".utf8)
        )
    }

    static func host(
        _ name: String,
        _ state: TargetState,
        serving: RevisionView?,
        connected: Bool = true,
        receipt: Receipt? = nil,
        reason: String? = nil
    ) -> DeploymentHostView {
        DeploymentHostView(
            host: name,
            connected: connected,
            state: state,
            since: ago(90),
            reason: reason,
            serving: serving,
            way: serving.map { _ in revision(1, "1.0.0") },
            instance: serving.map { _ in .init(pid: 4711, ports: ["http": 8080], startedAt: ago(100), restarts: 0) },
            receipt: receipt
        )
    }

    static var hostView: HostView {
        HostView(
            host: FleetHost(
                id: "h1",
                name: "lyon-1",
                labels: ["site": "lyon", "gpu": ""],
                machine: "m",
                instance: "i",
                enrolledAt: ago(100)
            ),
            connected: true,
            lastSeen: ago(4),
            report: HostReport(
                sequence: 1,
                assignment: .none,
                facts: HostFacts(
                    agentVersion: "0.1.0",
                    user: "root",
                    isRoot: true,
                    address: "127.0.0.11",
                    kernel: "Linux 6.1",
                    processors: 2,
                    memory: 8 << 30,
                    boot: "b"
                ),
                replicas: []
            ),
            warnings: ["replicas run as root"]
        )
    }

    static var hold: HoldView {
        HoldView(
            hold: Hold(
                id: "b7c1",
                deployment: "uid",
                revision: reference(2),
                actor: "ada",
                reason: "wine 71 is class 0",
                since: ago(3700)
            ),
            deployment: "wine",
            revision: revision(2, "2.0.0")
        )
    }

    static func deployment(hosts: [DeploymentHostView], holds: [HoldView] = []) throws -> DeploymentView {
        DeploymentView(
            deployment: Deployment(
                name: "wine",
                labels: ["env": "demo"],
                content: .init(model: "wine", version: "2.0.0", runtime: "mlserver"),
                scope: .init(
                    hosts: try LabelSelector("site in (lyon, ulm)"),
                    endpoint: Endpoint(port: 8080, to: "http")
                )
            ),
            uid: "uid",
            resourceVersion: 7,
            createdAt: ago(7300),
            written: revision(2, "2.0.0"),
            wanted: revision(2, "2.0.0"),
            holds: holds,
            hosts: hosts
        )
    }

    static func target(_ index: Int, _ state: TargetState, wave: Int) -> RolloutTarget {
        RolloutTarget(
            host: "id\(index)",
            name: "host-\(index)",
            site: "lyon",
            wave: wave,
            asked: state == .pending ? .nothing : state == .staging || state == .staged ? .stage : .go,
            state: state,
            since: ago(30),
            reason: state == .starting ? "the model is not ready" : nil
        )
    }

    /// One host in the first wave, the others in the second.
    static func rollout(
        _ state: Rollout.State,
        _ states: [TargetState],
        wave: Int = 0,
        explanations: [Explanation] = []
    ) -> RolloutView {
        view(state, states.enumerated().map { target($0, $1, wave: min($0, 1)) }, wave: wave, explanations)
    }

    static func view(
        _ state: Rollout.State,
        _ targets: [RolloutTarget],
        wave: Int,
        _ explanations: [Explanation] = []
    ) -> RolloutView {
        let numbers = Set(targets.map(\.wave)).sorted()
        return RolloutView(
            rollout: Rollout(
                id: "r1",
                deployment: "uid",
                revision: reference(2),
                state: state,
                since: ago(45),
                reason: "wave \(wave + 1) of \(numbers.count)",
                startedAt: ago(60),
                wave: wave,
                waveEnds: numbers.map { number in targets.count { $0.wave <= number } }
            ),
            deployment: "wine",
            revision: revision(2, "2.0.0"),
            counts: RolloutCounts(targets),
            waves: numbers.map { number in
                let hosts = targets.filter { $0.wave == number }
                return RolloutWaveView(
                    number: number,
                    state: number < wave ? .done : number == wave ? .underWay : .waiting,
                    size: hosts.count,
                    counts: RolloutCounts(hosts)
                )
            },
            targets: targets,
            explanations: explanations
        )
    }
}
