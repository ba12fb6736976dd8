import Fleet
import Glibc

/// The control groups that this agent keeps its replicas in (cgroups(7)): one for each start, below a group of the agent's
/// own at the top of every hierarchy, outside of the agent's unit, so that nothing that happens to the agent touches them.
struct ControlGroups: Sendable {
    /// What the kernel can limit.
    enum Controller: String, Sendable, Hashable, CaseIterable {
        case memory, cpu, pids
    }

    /// One tree of groups.
    struct Hierarchy: Sendable, Hashable {
        /// The agent's own group in it.
        var base: String
        /// Version 2, in which one tree serves all controllers.
        var isUnified: Bool
        /// What it limits.
        var controllers: Set<Controller>
    }

    /// The trees that can be used; the first one is asked which processes a group holds.
    let hierarchies: [Hierarchy]
    /// Why a controller cannot be used.
    let missing: [Controller: String]
    /// Bytes of memory that everything below the top of the tree may have together, as in a container; `nil` without bound.
    let memoryLimit: Int64?

    /// Finds the trees and makes the agent's own group in each.
    ///
    /// - Parameters:
    ///   - mounts: the text of `/proc/self/mountinfo` (proc(5)).
    ///   - name: tells this agent's group from another agent's.
    ///   - isLook: only looks whether it could.
    init(mounts: String? = nil, name: String, isLook: Bool = false) {
        let text = mounts ?? (try? FileAccess.readText("/proc/self/mountinfo")) ?? ""
        var hierarchies: [Hierarchy] = []
        var missing: [Controller: String] = [:]
        memoryLimit = Self.mounts(text).compactMap(Self.memoryLimit(of:)).min()
        for mount in Self.mounts(text) {
            let base = "\(mount.path)/\(name)"
            if mount.isUnified {
                missing.merge(Self.enable(mount.controllers, at: mount.path, isLook: isLook)) { $1 }
            }
            let wanted = mount.controllers.filter { missing[$0] == nil }
            guard !wanted.isEmpty else { continue }
            if isLook ? access(mount.path, W_OK) != 0 : mkdir(base, 0o755) != 0 && errno != EEXIST {
                let reason = "cannot create \(base): \(FileAccess.reason(errno))"
                for controller in wanted { missing[controller] = reason }
                continue
            }
            if mount.isUnified, !isLook { missing.merge(Self.enable(wanted, at: base, isLook: false)) { $1 } }
            let usable = wanted.filter { missing[$0] == nil }
            if !usable.isEmpty {
                hierarchies.append(Hierarchy(base: base, isUnified: mount.isUnified, controllers: usable))
            }
        }
        let found = hierarchies.reduce(into: Set<Controller>()) { $0.formUnion($1.controllers) }
        for controller in Controller.allCases where !found.contains(controller) && missing[controller] == nil {
            missing[controller] = "this kernel has no control groups for it, or they are not mounted"
        }
        for controller in found { missing[controller] = nil }
        self.hierarchies = hierarchies.sorted { $0.controllers.contains(.pids) && !$1.controllers.contains(.pids) }
        self.missing = missing
    }

    /// No groups at all.
    init(unavailable reason: String) {
        hierarchies = []
        memoryLimit = nil
        missing = Dictionary(uniqueKeysWithValues: Controller.allCases.map { ($0, reason) })
    }

    /// The group of one start in every tree, with its limits.
    ///
    /// - Returns: the directories that its first process is to enter.
    /// - Throws: `start` when a limit cannot be set: then nothing is left behind.
    func create(_ name: String, limits: ReplicaResources?) throws(AgentError) -> [String] {
        var directories: [String] = []
        for hierarchy in hierarchies {
            let directory = "\(hierarchy.base)/\(name)"
            // The base goes with the last agent that had no replica.
            mkdir(hierarchy.base, 0o755)
            guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
                let failure = FileAccess.failure("create", directory)
                remove(name)
                throw failure
            }
            directories.append(directory)
            for (file, value, isNeeded) in Self.settings(limits, in: hierarchy) {
                let path = "\(directory)/\(file)"
                guard !Self.write(value, to: path), isNeeded else { continue }
                let reason = FileAccess.reason(errno)
                remove(name)
                throw AgentError(
                    .start,
                    "the limits of a replica cannot be set: \(path) does not take \(value): \(reason); check the host's "
                        + "control groups, or remove content.resources"
                )
            }
        }
        return directories
    }

    /// The names of all groups that there are.
    var names: [String] {
        hierarchies.flatMap { hierarchy in
            FileAccess.names(in: hierarchy.base).filter { FileAccess.exists("\(hierarchy.base)/\($0)/cgroup.procs") }
        }
    }

    /// The processes of a group.
    func processes(of name: String) -> [Int32] {
        guard let base = hierarchies.first?.base,
            let text = try? FileAccess.readText("\(base)/\(name)/cgroup.procs")
        else { return [] }
        return text.split(separator: "\n").compactMap { Int32($0) }.filter { $0 > 0 }
    }

    /// How often the kernel has killed a process of a group for want of memory.
    func memoryKills(in name: String) -> Int {
        count("oom_kill", of: .memory, in: name) { $0.isUnified ? "memory.events" : "memory.oom_control" }
    }

    /// How often the kernel has refused a process of a group another process.
    func processRefusals(in name: String) -> Int {
        count("max", of: .pids, in: name) { _ in "pids.events" }
    }

    /// Removes a group that holds no process any more.
    func remove(_ name: String) {
        for hierarchy in hierarchies { rmdir("\(hierarchy.base)/\(name)") }
    }

    /// Removes the agent's own groups where no replica is in them.
    func leave() {
        for hierarchy in hierarchies { rmdir(hierarchy.base) }
    }

    private func count(
        _ word: String,
        of controller: Controller,
        in name: String,
        file: (Hierarchy) -> String
    ) -> Int {
        guard let hierarchy = hierarchies.first(where: { $0.controllers.contains(controller) }),
            let text = try? FileAccess.readText("\(hierarchy.base)/\(name)/\(file(hierarchy))"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("\(word) ") })
        else { return 0 }
        return Int(line.dropFirst(word.count + 1)) ?? 0
    }
}

extension ControlGroups {
    private struct Mount {
        var path: String
        var isUnified: Bool
        var controllers: Set<Controller>
    }

    /// The trees with a controller that is wanted, a controller in one tree only.
    private static func mounts(_ text: String) -> [Mount] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), words.count > dash + 3, words.count > 4 else { return nil }
            let path = String(words[4])
            switch words[dash + 1] {
            case "cgroup":
                let options = words[dash + 3].split(separator: ",").map(String.init)
                return Mount(path: path, isUnified: false, controllers: Set(options.compactMap(Controller.init)))
            case "cgroup2":
                let there = (try? FileAccess.readText("\(path)/cgroup.controllers")) ?? ""
                let words = there.split { $0 == " " || $0 == "\n" }.map(String.init)
                return Mount(path: path, isUnified: true, controllers: Set(words.compactMap(Controller.init)))
            default: return nil
            }
        }.filter { !$0.controllers.isEmpty }
    }

    private static func memoryLimit(of mount: Mount) -> Int64? {
        guard mount.controllers.contains(.memory) else { return nil }
        let file = mount.isUnified ? "memory.max" : "memory.limit_in_bytes"
        let text = (try? FileAccess.readText("\(mount.path)/\(file)")) ?? ""
        // `max`, or a number beyond all memory, says that there is none.
        return text.split(separator: "\n").first.flatMap { Int64($0) }.flatMap { $0 < 1 << 60 ? $0 : nil }
    }

    /// Hands controllers of version 2 on to the groups below; why one cannot be.
    private static func enable(
        _ controllers: Set<Controller>,
        at path: String,
        isLook: Bool
    ) -> [Controller: String] {
        let file = "\(path)/cgroup.subtree_control"
        let enabled = ((try? FileAccess.readText(file)) ?? "").split { $0 == " " || $0 == "\n" }
        var reasons: [Controller: String] = [:]
        for controller in Controller.allCases where controllers.contains(controller) {
            guard !enabled.contains(controller.rawValue[...]) else { continue }
            if isLook ? access(file, W_OK) != 0 : !write("+\(controller.rawValue)", to: file) {
                reasons[controller] = "cannot write +\(controller.rawValue) to \(file): \(FileAccess.reason(errno))"
            }
        }
        return reasons
    }

    /// The files of a group with what is written to them, in order, and whether it matters that they take it.
    private static func settings(
        _ limits: ReplicaResources?,
        in hierarchy: Hierarchy
    ) -> [(file: String, value: String, isNeeded: Bool)] {
        var settings: [(file: String, value: String, isNeeded: Bool)] = []
        if let memory = limits?.memory, hierarchy.controllers.contains(.memory) {
            if hierarchy.isUnified {
                settings.append(("memory.max", "\(memory.bytes)", true))
                // Swap would only put the end off; a kernel without it has no such file.
                settings.append(("memory.swap.max", "0", false))
                settings.append(("memory.oom.group", "1", false))
            } else {
                settings.append(("memory.limit_in_bytes", "\(memory.bytes)", true))
                settings.append(("memory.memsw.limit_in_bytes", "\(memory.bytes)", false))
            }
        }
        if let cpu = limits?.cpu, hierarchy.controllers.contains(.cpu) {
            // In microseconds of a period of 100,000.
            if hierarchy.isUnified {
                settings.append(("cpu.max", "\(cpu.millis * 100) 100000", true))
            } else {
                settings.append(("cpu.cfs_period_us", "100000", true))
                settings.append(("cpu.cfs_quota_us", "\(cpu.millis * 100)", true))
            }
        }
        if let count = limits?.processes, hierarchy.controllers.contains(.pids) {
            settings.append(("pids.max", "\(count)", true))
        }
        return settings
    }

    private static func write(_ text: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { return false }
        defer { close(file) }
        // One call: the kernel takes or refuses a value as a whole.
        return unsafe Glibc.write(file, text, text.utf8.count) == text.utf8.count
    }
}
