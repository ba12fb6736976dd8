import CProcess
import Glibc

/// What this host, with what the agent may do on it, can give to replicas; read once, when the agent starts.
package struct HostCapabilities: Sendable, Hashable, Codable {
    /// One thing that a replica may ask for.
    package enum Feature: String, Sendable, Hashable, Codable, CaseIterable {
        /// `resources.memory` is enforced.
        case memoryLimit
        /// `resources.cpu` is enforced.
        case processorLimit
        /// `resources.processes` is enforced.
        case processLimit
        /// Replicas run as another user than the agent.
        case otherUser
    }

    /// Why a feature is not there; what is there is not in it.
    package var missing: [Feature: String]
    /// Bytes of memory.
    package var memory: Int64
    /// How many accelerators there are.
    package var accelerators: Int64
    /// The most open files that a replica's process can be allowed.
    package var openFiles: Int64
    /// The name of the user that replicas run as.
    package var replicaUser: String
    /// Whether that user is root.
    package var isRoot: Bool

    /// What a host can give.
    package init(
        missing: [Feature: String] = [:],
        memory: Int64,
        accelerators: Int64 = 0,
        openFiles: Int64 = 1024,
        replicaUser: String = "muster",
        isRoot: Bool = false
    ) {
        self.missing = missing
        self.memory = memory
        self.accelerators = accelerators
        self.openFiles = openFiles
        self.replicaUser = replicaUser
        self.isRoot = isRoot
    }

    /// This host, for replicas that run as `user`, or as the agent's own user. Changes nothing.
    package static func here(user: ReplicaUser? = nil) -> HostCapabilities {
        read(user: user, groups: ControlGroups(name: "muster", isLook: true))
    }

    /// - Parameter devices: where accelerators have their files.
    static func read(user: ReplicaUser?, groups: ControlGroups, devices: String = "/dev") -> HostCapabilities {
        let status = (try? FileAccess.readText("/proc/self/status")) ?? ""
        let mask = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }?.split { $0 == "\t" || $0 == " " }
            .last
        let capabilities = mask.flatMap { UInt64($0, radix: 16) } ?? 0
        var missing: [Feature: String] = [:]
        missing[.memoryLimit] = groups.missing[.memory]
        missing[.processorLimit] = groups.missing[.cpu]
        missing[.processLimit] = groups.missing[.pids]
        missing[.otherUser] = Self.lacking(capabilities)
        let hard = Int64(clamping: cprocess_most_open_files())
        let mayRaise = capabilities & 1 << 24 != 0
        return HostCapabilities(
            missing: missing,
            memory: min(HostSystem.memory, groups.memoryLimit ?? .max),
            accelerators: accelerators(in: devices),
            openFiles: mayRaise ? max(hard, 1 << 20) : hard,
            replicaUser: user?.name ?? HostSystem.user,
            isRoot: user?.isRoot ?? (geteuid() == 0)
        )
    }

    /// Which of the capabilities that another user's processes take are not there (capabilities(7)).
    private static func lacking(_ capabilities: UInt64) -> String? {
        let needed = [
            (0, "CAP_CHOWN"), (1, "CAP_DAC_OVERRIDE"), (3, "CAP_FOWNER"), (5, "CAP_KILL"), (6, "CAP_SETGID"),
            (7, "CAP_SETUID"),
        ]
        let lacking = needed.filter { capabilities & 1 << $0.0 == 0 }.map(\.1)
        return lacking.isEmpty ? nil : "the agent lacks \(lacking.joined(separator: ", "))"
    }

    /// The device files `nvidia0`, `nvidia1` and so on.
    static func accelerators(in devices: String) -> Int64 {
        Int64(
            FileAccess.names(in: devices).count { name in
                name.hasPrefix("nvidia") && name.count > 6 && name.dropFirst(6).allSatisfy { $0.isASCII && $0.isNumber }
            }
        )
    }
}
