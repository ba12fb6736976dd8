import Fleet

/// What this host's systemd really enforces: some settings are accepted and do nothing, in a container above all. Found out
/// with a unit that has them and tells what it meets.
struct SandboxProof: Sendable, Hashable {
    /// The limits that the unit asks for.
    static let properties =
        UnitProperties.sandbox(.strict) + ["MemoryMax=67108864", "TasksMax=64", "CPUQuota=50%"]

    /// What it runs: whether `/usr` can be written to, and what its control group says.
    static let script = #"""
        if (: >/usr/.muster-sandbox) 2>/dev/null; then rm -f /usr/.muster-sandbox; echo open; else echo closed; fi
        while IFS=: read -r number controllers path; do
            if [ "$number" = 0 ]; then directory=/sys/fs/cgroup$path; else directory=/sys/fs/cgroup/$controllers$path; fi
            for file in memory.max memory.limit_in_bytes pids.max cpu.max cpu.cfs_quota_us; do
                if [ -r "$directory/$file" ]; then read -r value rest <"$directory/$file"; echo "$file $value"; fi
            done
        done </proc/self/cgroup
        """#

    /// Why a sandbox means nothing here; `nil` when it holds.
    let sandbox: String?
    /// Why limits cannot be enforced; what can be is not in it.
    let missing: [HostCapabilities.Feature: String]

    /// Reads what the script printed.
    init(said: String) {
        let lines = said.split(separator: "\n").map(String.init)
        sandbox =
            lines.contains("closed")
            ? nil : "systemd accepts ProtectSystem= here and does nothing (a container without CAP_SYS_ADMIN does that)"
        var missing: [HostCapabilities.Feature: String] = [:]
        let wanted: [(HostCapabilities.Feature, String, [String])] = [
            (.memoryLimit, "MemoryMax", ["memory.max 67108864", "memory.limit_in_bytes 67108864"]),
            (.processLimit, "TasksMax", ["pids.max 64"]),
            (.processorLimit, "CPUQuota", ["cpu.max 50000", "cpu.cfs_quota_us 50000"]),
        ]
        for (feature, name, expected) in wanted where !expected.contains(where: lines.contains) {
            missing[feature] = "systemd accepts \(name)= here and does not apply it"
        }
        self.missing = missing
    }
}
