import Fleet

/// Whether a host can give a replica what its revision says: numbers in, reasons out.
struct PreflightRule: Sendable {
    /// What stays for the system and the agent, in bytes.
    static let systemMemory: Int64 = 256 << 20

    /// The host's name, for messages.
    let host: String
    /// What it can give.
    let capabilities: HostCapabilities

    /// Everything that stands in the way; nothing when the replica can be started.
    func problems(with content: RevisionContent, standing: HostReservations.Standing) -> [String] {
        guard let resources = content.resources else { return [] }
        let runsTwo = content.runtime.update == .sideBySide
        return unenforceable(resources)
            + [
                resources.memory.flatMap { memory($0, standing, runsTwo: runsTwo) },
                resources.accelerators.flatMap { accelerators($0, standing, runsTwo: runsTwo) },
                resources.openFiles.flatMap(openFiles),
            ].compactMap(\.self)
    }

    /// What would be accepted and be without effect.
    private func unenforceable(_ resources: ReplicaResources) -> [String] {
        let asked: [(HostCapabilities.Feature, String, Bool)] = [
            (.memoryLimit, "memory", resources.memory != nil), (.processorLimit, "cpu", resources.cpu != nil),
            (.processLimit, "processes", resources.processes != nil),
        ]
        return asked.compactMap { feature, name, isAsked in
            guard isAsked, let reason = capabilities.missing[feature] else { return nil }
            return "resources.\(name) cannot be enforced on \(host): \(reason); let the agent write to the host's "
                + "control groups (`muster-agent check` says what it may do), or remove resources.\(name)"
        }
    }

    private func memory(_ needed: ByteQuantity, _ standing: HostReservations.Standing, runsTwo: Bool) -> String? {
        let own = runsTwo ? standing.own.memory : standing.unending.memory
        let room = max(0, capabilities.memory - Self.systemMemory - standing.others.memory)
        guard needed.bytes > room - own else { return nil }
        let total = ByteQuantity(bytes: capabilities.memory).readable
        let others = ByteQuantity(bytes: standing.others.memory).readable
        let system = ByteQuantity(bytes: Self.systemMemory).readable
        let left =
            "\(ByteQuantity(bytes: room).readable) of \(total) are left (\(others) are reserved by "
            + "\(standing.count) other deployments, \(system) are the system's)"
        guard runsTwo || own == 0 else {
            return "not enough memory on \(host): the replica needs \(needed.readable) beside the "
                + "\(ByteQuantity(bytes: own).readable) of one that was stopped and does not end, and \(left); see what holds "
                + "that one, or restart the host"
        }
        guard own > 0 else {
            return "not enough memory on \(host): the replica needs \(needed.readable), and \(left); remove a "
                + "deployment from this host, lower resources.memory, or choose another host"
        }
        return "not enough memory on \(host) for two: with update sideBySide the new replica (\(needed.readable)) "
            + "starts beside the old one (\(ByteQuantity(bytes: own).readable)), which is "
            + "\(ByteQuantity(bytes: needed.bytes + own).readable) together, and \(left); use update recreate, remove a "
            + "deployment from this host, or lower resources.memory"
    }

    private func accelerators(_ needed: Int64, _ standing: HostReservations.Standing, runsTwo: Bool) -> String? {
        let own = runsTwo ? standing.own.accelerators : standing.unending.accelerators
        let room = max(0, capabilities.accelerators - standing.others.accelerators)
        guard needed > room - own else { return nil }
        let other = runsTwo ? "the old replica (update sideBySide)" : "one that was stopped and does not end"
        let beside = own > 0 ? " beside the \(own) of \(other)" : ""
        return "not enough accelerators on \(host): the replica needs \(needed)\(beside), and \(room) of "
            + "\(capabilities.accelerators) are left (files /dev/nvidia0, …); check the driver with `nvidia-smi`, remove a "
            + "deployment from this host, or choose another host"
    }

    private func openFiles(_ count: Int64) -> String? {
        guard count > capabilities.openFiles else { return nil }
        return "resources.openFiles \(count) cannot be allowed on \(host): the agent's own hard limit is "
            + "\(capabilities.openFiles); raise it (LimitNOFILE= in the agent's unit), or lower resources.openFiles"
    }
}
