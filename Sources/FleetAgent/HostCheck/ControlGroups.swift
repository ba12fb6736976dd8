import Fleet

/// How this host's control groups are mounted: cgroups(7).
struct ControlGroups: Sendable, Hashable {
    /// 1, 2, or `nil` when there are none.
    var version: Int?
    /// Those that can limit something here.
    var controllers: [String]

    /// This host's.
    static func current() -> ControlGroups {
        let root = "/sys/fs/cgroup"
        if let text = try? FileAccess.readText("\(root)/cgroup.controllers") {
            let controllers = text.split { $0 == " " || $0 == "\n" }.map(String.init)
            // A hybrid mounts the second version for systemd alone, with nothing to limit.
            if !controllers.isEmpty { return ControlGroups(version: 2, controllers: controllers.sorted()) }
        }
        let table = (try? FileAccess.readText("/proc/cgroups")) ?? ""
        let enabled = table.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line -> String? in
            let fields = line.split { $0 == "\t" || $0 == " " }.map(String.init)
            guard fields.count == 4, fields[3] == "1", FileAccess.exists("\(root)/\(fields[0])") else { return nil }
            return fields[0]
        }
        return ControlGroups(version: enabled.isEmpty ? nil : 1, controllers: enabled.sorted())
    }
}
