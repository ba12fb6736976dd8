package import Fleet

extension HostInspection {
    /// What a scripted host could say of itself: it runs `wine`.
    package static func scripted(host: String, log: String) -> HostInspection {
        var inspection = HostInspection(
            host: host,
            at: Instant(milliseconds: 10_000_000),
            agentStartedAt: Instant(milliseconds: 1_000_000),
            facts: HostFacts(
                agentVersion: "test",
                user: "test",
                isRoot: false,
                address: "127.0.0.1",
                kernel: "Linux",
                processors: 2,
                memory: 4 << 30,
                boot: "boot"
            ),
            assignment: AssignmentVersion(epoch: 1, generation: 7),
            directory: "/var/lib/muster-agent",
            files: ["blobs": 3 << 20, "logs": 1536],
            findings: [
                Finding(name: "disk", state: "ok", text: "12.0 GiB free"),
                Finding(
                    name: "endpoint",
                    state: "notice",
                    text: "an update has a short gap",
                    next: "give it CAP_NET_ADMIN"
                ),
            ],
            replicas: [
                Replica(
                    report: ReplicaReport(
                        deployment: "uid-1",
                        name: "wine",
                        item: 1,
                        goal: nil,
                        state: .verified,
                        since: Instant(milliseconds: 9_880_000),
                        serving: RevisionReference(number: 3, digest: Digest(of: [1]), written: Digest(of: [2])),
                        instance: .init(
                            pid: 42,
                            ports: ["http": 18000],
                            startedAt: Instant(milliseconds: 9_000_000),
                            restarts: 1
                        )
                    ),
                    model: "wine",
                    version: "2.0.0",
                    endpoint: 8080,
                    wayBack: "1.0.0",
                    log: log,
                    logBytes: 1536
                )
            ]
        )
        inspection.load = 35
        inspection.memoryUsed = 1 << 30
        inspection.diskUsed = 8 << 30
        inspection.disk = 20 << 30
        return inspection
    }
}
