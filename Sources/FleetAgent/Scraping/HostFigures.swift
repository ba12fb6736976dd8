import FleetMetrics
import Glibc

/// What the host itself uses (proc(5), statvfs(3)).
enum HostFigures {
    /// The figures.
    ///
    /// - Parameter directory: a path on the file system that counts: the agent's data.
    static func read(directory: String) -> [Figure: Double] {
        var values: [Figure: Double] = [.hostProcessors: Double(sysconf(Int32(_SC_NPROCESSORS_ONLN)))]
        if let seconds = busySeconds() { values[.hostCPU] = seconds }
        if let load = ProcFile.text("/proc/loadavg").flatMap({ ProcFile.fields($0[...]).first.flatMap { Double($0) } })
        {
            values[.hostLoad] = load
        }
        if let memory = ProcFile.text("/proc/meminfo") {
            let total = bytes("MemTotal:", in: memory)
            values[.hostMemory] = total
            if let total, let available = bytes("MemAvailable:", in: memory) {
                values[.hostMemoryUsed] = total - available
            }
        }
        var status = statvfs()
        if statvfs(directory, &status) == 0 {
            let block = Double(status.f_frsize)
            values[.hostDisk] = Double(status.f_blocks) * block
            values[.hostDiskUsed] = Double(status.f_blocks - min(status.f_bfree, status.f_blocks)) * block
        }
        return values
    }

    /// All but idle and waiting for disks; guests are in user time already.
    private static func busySeconds() -> Double? {
        guard let line = ProcFile.text("/proc/stat")?.split(separator: "\n").first, line.hasPrefix("cpu ") else {
            return nil
        }
        let ticks = ProcFile.fields(line).dropFirst().prefix(8).map { UInt64($0) ?? 0 }
        guard ticks.count >= 7 else { return nil }
        let busy = ticks.enumerated().filter { $0.offset != 3 && $0.offset != 4 }.reduce(0) { $0 + $1.element }
        return Double(busy) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    private static func bytes(_ name: String, in text: String) -> Double? {
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        guard let fields = line.map(ProcFile.fields), fields.count > 1 else { return nil }
        return Double(fields[1]).map { $0 * 1024 }
    }
}
