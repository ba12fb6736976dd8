package import Fleet

extension WireStatus {
    package init(_ report: HostReport) {
        self.init()
        sequence = report.sequence
        assignment = WireAssignmentVersion(report.assignment)
        facts = WireHostFacts(report.facts)
        replicas = report.replicas.map { WireReplicaStatus($0) }
        full = true
    }

    package func report() throws(ProtocolError) -> HostReport {
        var mapped: [ReplicaReport] = []
        for replica in replicas { mapped.append(try replica.replica()) }
        return HostReport(
            sequence: sequence,
            assignment: assignment.version,
            facts: facts.facts,
            replicas: mapped
        )
    }
}

extension WireHostFacts {
    package init(_ facts: HostFacts) {
        self.init()
        agentVersion = facts.agentVersion
        user = facts.user
        isRoot = facts.isRoot
        address = facts.address
        kernel = facts.kernel
        processors = UInt32(clamping: facts.processors)
        memoryBytes = facts.memory
        boot = facts.boot
        switchesEndpoints = facts.endpointRefusal == nil
        if let refusal = facts.endpointRefusal { endpointRefusal = refusal }
        warnings = facts.warnings ?? []
    }

    package var facts: HostFacts {
        HostFacts(
            agentVersion: PeerText.words(agentVersion, limit: 128),
            user: PeerText.words(user, limit: 128),
            isRoot: isRoot,
            address: PeerText.words(address, limit: 256),
            kernel: PeerText.words(kernel, limit: 256),
            processors: Int(processors),
            memory: memoryBytes,
            boot: PeerText.words(boot, limit: 128),
            endpointRefusal: switchesEndpoints ? nil : refusal,
            // A host has at most one for each of its replicas, and a few of its own.
            warnings: warnings.isEmpty
                ? nil : warnings.prefix(FleetLimits.replicasPerHost + 16).map { PeerText.words($0) }
        )
    }

    private var refusal: String {
        endpointRefusal.isEmpty
            ? "its agent is too old to switch endpoints; install a newer muster-agent" : PeerText.words(endpointRefusal)
    }
}

extension WireReplicaStatus {
    package init(_ replica: ReplicaReport) {
        self.init()
        deployment = replica.deployment
        name = replica.name
        item = replica.item
        if let goal = replica.goal { self.goal = WireRevisionReference(goal) }
        state = WireTargetState(replica.state)
        sinceMs = replica.since.milliseconds
        if let reason = replica.reason { self.reason = reason }
        if let serving = replica.serving { self.serving = WireRevisionReference(serving) }
        if let previous = replica.previous { self.previous = WireRevisionReference(previous) }
        good = replica.good.map { WireRevisionReference($0) }
        if let provisional = replica.provisional { self.provisional = WireRevisionReference(provisional) }
        if let instance = replica.instance {
            self.instance.pid = instance.pid
            self.instance.ports = instance.ports.mapValues { UInt32($0) }
            self.instance.startedAtMs = instance.startedAt.milliseconds
            self.instance.restarts = UInt32(clamping: instance.restarts)
        }
        holds = replica.holds
        if let receipt = replica.receipt { self.receipt = WireReceipt(receipt) }
        if let pin = replica.pin {
            pinned = true
            self.pin.actor = pin.actor
            self.pin.reason = pin.reason
            self.pin.sinceMs = pin.since.milliseconds
        }
        if let connections = replica.condemnedConnections { condemnedConnections = UInt32(clamping: connections) }
        if let rollback = replica.rollback { self.rollback = WireRollbackReadiness(rollback) }
        if let failure = replica.failure { self.failure = WireReplicaFailure(failure) }
        if let bytes = replica.fetchedBytes { fetchedBytes = bytes }
        if let endpoint = replica.endpoint { self.endpoint = WireEndpoint(endpoint) }
        startsAgain = replica.startsAgain == true
    }

    package func replica() throws(ProtocolError) -> ReplicaReport {
        guard let state = state.state else {
            throw ProtocolError(field: "ReplicaStatus.state", problem: "is not one that this controller knows")
        }
        var mapped = ReplicaReport(
            deployment: try PeerText.name(deployment, "ReplicaStatus.deployment"),
            name: PeerText.words(name, limit: 128),
            item: item,
            goal: hasGoal ? try goal.reference("ReplicaStatus.goal") : nil,
            state: state,
            since: PeerText.instant(sinceMs),
            reason: reason.isEmpty ? nil : PeerText.words(reason),
            serving: hasServing ? try serving.reference("ReplicaStatus.serving") : nil,
            previous: hasPrevious ? try previous.reference("ReplicaStatus.previous") : nil,
            provisional: hasProvisional ? try provisional.reference("ReplicaStatus.provisional") : nil,
            holds: holds.map { PeerText.words($0, limit: 128) }
        )
        for reference in good { mapped.good.append(try reference.reference("ReplicaStatus.good")) }
        if hasInstance {
            var ports: [String: UInt16] = [:]
            for (name, port) in instance.ports { ports[name] = UInt16(clamping: port) }
            mapped.instance = .init(
                pid: instance.pid,
                ports: ports,
                startedAt: PeerText.instant(instance.startedAtMs),
                restarts: Int(instance.restarts)
            )
        }
        if hasReceipt { mapped.receipt = try receipt.receipt() }
        if pinned {
            mapped.pin = LocalPin(
                actor: PeerText.words(pin.actor, limit: 128),
                reason: PeerText.words(pin.reason),
                since: PeerText.instant(pin.sinceMs)
            )
        }
        if hasCondemnedConnections { mapped.condemnedConnections = Int(condemnedConnections) }
        if hasRollback { mapped.rollback = try rollback.readiness() }
        if hasFailure { mapped.failure = failure.failure }
        if hasEndpoint { mapped.endpoint = try endpoint.endpoint("ReplicaStatus.endpoint") }
        if hasFetchedBytes { mapped.fetchedBytes = max(0, fetchedBytes) }
        if startsAgain { mapped.startsAgain = true }
        return mapped
    }
}

extension WireTargetState {
    package init(_ state: TargetState) {
        self =
            switch state {
            case .pending: .pending
            case .staging: .staging
            case .staged: .staged
            case .stoppingOld: .stoppingOld
            case .starting: .starting
            case .probing: .probing
            case .switching: .switching
            case .observing: .observing
            case .verified: .verified
            case .failed: .failed
            case .reverting: .reverting
            case .reverted: .reverted
            case .revertFailed: .revertFailed
            case .removing: .removing
            case .removed: .removed
            }
    }

    /// `nil` for what is not sent yet and for what a newer peer may send.
    package var state: TargetState? { TargetState.allCases.first { WireTargetState($0) == self } }
}
