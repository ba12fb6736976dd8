import DaemonKit
package import Fleet
import FoundationEssentials
import Glibc
import ShimProtocol

/// What this machine says about itself.
package enum HostSystem {
    /// Tells boots apart, in containers too: the kernel's boot id, and the start time of pid 1.
    package static var boot: String {
        let id = (try? FileAccess.readText("/proc/sys/kernel/random/boot_id")) ?? "unknown"
        let start = process(1)?.startTime ?? 0
        return "\(id.split(separator: "\n").first ?? "unknown")/\(start)"
    }

    /// `/etc/machine-id`; empty when there is none, or none yet.
    package static var machine: String {
        let text = (try? FileAccess.readText("/etc/machine-id")) ?? ""
        let line = text.split(separator: "\n").first ?? ""
        return line.allSatisfy(\.isHexDigit) ? String(line) : ""
    }

    /// The host's own name.
    package static var name: String { String(ProcessInfo.processInfo.hostName.prefix(63)) }

    /// What a status says about the host.
    ///
    /// - Parameter capabilities: whom replicas run as; the agent's own user when `nil`.
    package static func facts(address: String, capabilities: HostCapabilities? = nil) -> HostFacts {
        let release = (try? FileAccess.readText("/proc/sys/kernel/osrelease")) ?? ""
        return HostFacts(
            agentVersion: BuildInfo.version,
            user: capabilities?.replicaUser ?? user,
            isRoot: capabilities?.isRoot ?? (geteuid() == 0),
            address: address,
            kernel: "Linux \(release.split(separator: "\n").first ?? "")",
            processors: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            memory: memory,
            boot: boot
        )
    }

    /// The process of this number, if it lives.
    static func process(_ pid: Int32) -> ProcessIdentity? {
        guard let text = try? FileAccess.readText("/proc/\(pid)/stat") else { return nil }
        return ProcessIdentity(stat: text)
    }

    /// Whether this very process lives.
    static func lives(_ identity: ProcessIdentity) -> Bool {
        do {
            // One that has ended and is not waited for yet has a line there, too.
            guard let text = try FileAccess.readText("/proc/\(identity.pid)/stat") else { return false }
            return ProcessIdentity(stat: text) == identity
        } catch {
            // It went just now, or the agent has no file to spare for looking: that must not pass for a death.
            return kill(identity.pid, 0) == 0 || errno == EPERM
        }
    }

    /// Bytes of memory (proc(5), `MemTotal`); 0 when the system does not say.
    static var memory: Int64 {
        let status = (try? FileAccess.readText("/proc/meminfo")) ?? ""
        let total = status.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }?.split(separator: " ")
        let kilobytes = total.flatMap { $0.count > 1 ? Int64($0[1]) : nil } ?? 0
        return kilobytes << 10
    }

    /// The name of the agent's own user.
    static var user: String {
        unsafe getpwuid(geteuid()).map { unsafe String(cString: $0.pointee.pw_name) } ?? "\(geteuid())"
    }
}
