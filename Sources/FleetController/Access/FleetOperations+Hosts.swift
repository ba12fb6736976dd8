package import Fleet
import FleetStore

/// What a person does with hosts themselves.
extension FleetOperations {
    /// Sets and takes away labels of hosts, all or none. Selectors see them at once; a deployment that no longer selects a
    /// host is removed there.
    ///
    /// - Parameters:
    ///   - set: labels to put in the place of what is there.
    ///   - removed: keys to take away; one that is not there is no error.
    ///   - allowRemoval: whether a deployment may be stopped on more than one host.
    /// - Throws: `forbidden`; `notFound`; `invalid`; `removalNotAllowed`.
    package func label(
        _ names: Set<String>,
        set: [String: String],
        removing removed: Set<String>,
        by identity: OperatorIdentity,
        reason: String?,
        allowRemoval: Bool
    ) async throws -> Listing<HostView> {
        try identity.check(.admin, to: "label hosts")
        return try await writeHosts(by: identity, reason: reason) { writer in
            let before = try names.sorted().map { try Self.host($0, in: writer.reader).host }
            var changed: [FleetHost] = []
            for old in before {
                var host = old
                host.labels = old.labels.filter { !removed.contains($0.key) }.merging(set) { $1 }
                guard host.labels.count <= FleetLimits.labels else {
                    throw ControllerError(
                        .invalid,
                        "host '\(host.name)' would have \(host.labels.count) labels",
                        hint: "a host has at most \(FleetLimits.labels): take some away with KEY-"
                    )
                }
                guard host != old else { continue }
                _ = try writer.setLabels(host.labels, ofHost: host.id)
                changed.append(host)
            }
            try Self.checkRemoval(from: before, to: changed, in: writer.reader, isAllowed: allowRemoval)
            let views = self.views(writer.reader)
            let records = try before.map { try Self.host($0.name, in: writer.reader) }
            return (records, Listing(items: try records.map(views.host), revision: try writer.reader.revision()))
        }
    }

    /// Refuses a host and its certificates from now on, and ends its session. Its models serve on; the way back is to enrol
    /// it anew.
    ///
    /// - Throws: `forbidden`, `notFound`.
    package func revokeHost(_ name: String, by identity: OperatorIdentity, reason: String) async throws -> HostView {
        try identity.check(.admin, to: "revoke hosts")
        let view = try await writeHost(name, by: identity, reason: reason) { host, writer in
            _ = try writer.revokeHost(host.id)
        }
        directory[view.host.id]?.sendAway(because: "this host was revoked by \(identity.name): \(reason)")
        return view
    }

    /// Keeps new things from a host: rollouts leave it out, and nothing else begins there. What serves there serves on;
    /// rollbacks and removals reach it all the same. One that is cordoned already keeps who said so first, and since when.
    ///
    /// - Throws: `forbidden`, `notFound`.
    package func cordonHost(_ name: String, by identity: OperatorIdentity, reason: String) async throws -> HostView {
        try identity.check(.oncall, to: "cordon hosts")
        let now = environment.now()
        return try await writeHost(name, by: identity, reason: reason) { host, writer in
            let cordon = host.cordon ?? Cordon(actor: identity.name, reason: reason, since: now)
            _ = try writer.setCordon(cordon, ofHost: host.id)
        }
    }

    /// Lets a host follow again what its deployments want. One that is not cordoned stays so.
    ///
    /// - Throws: `forbidden`, `notFound`.
    package func uncordonHost(_ name: String, by identity: OperatorIdentity, reason: String?) async throws -> HostView {
        try identity.check(.operator, to: "uncordon hosts")
        return try await writeHost(name, by: identity, reason: reason) { host, writer in
            _ = try writer.setCordon(nil, ofHost: host.id)
        }
    }

    /// Lets endpoints take a port of a host over although another program listens on it there. A port that may be taken over
    /// already keeps who said so first, and since when.
    ///
    /// - Throws: `forbidden`, `notFound`, `conflict` where the host is revoked.
    package func adoptPort(
        _ port: UInt16,
        onHost name: String,
        by identity: OperatorIdentity,
        reason: String?
    ) async throws -> HostView {
        try identity.check(.admin, to: "have ports of hosts taken over")
        let now = environment.now()
        return try await writeHost(name, by: identity, reason: reason) { host, writer in
            guard !host.isRevoked else {
                throw ControllerError(
                    .conflict,
                    "port \(port) of host '\(name)' cannot be taken over: the host is revoked, and is told nothing any more",
                    hint: "enrol it again, see 'muster host revoke --help'"
                )
            }
            let known = host.adoptedPorts?.first { $0.port == port }
            let adoption = known ?? PortAdoption(port: port, actor: identity.name, reason: reason, since: now)
            _ = try writer.setAdoption(adoption, of: port, onHost: host.id)
        }
    }

    /// Takes the leave back to take a port over. What serves through the port goes on.
    ///
    /// - Throws: `forbidden`; `notFound`, also where the port may not be taken over.
    package func releasePort(
        _ port: UInt16,
        onHost name: String,
        by identity: OperatorIdentity,
        reason: String?
    ) async throws -> HostView {
        try identity.check(.admin, to: "take back that ports of hosts are taken over")
        return try await writeHost(name, by: identity, reason: reason) { host, writer in
            let granted = (host.adoptedPorts ?? []).map(\.port)
            guard granted.contains(port) else {
                let list = granted.map(String.init).joined(separator: ", ")
                throw ControllerError(
                    .notFound,
                    "port \(port) of host '\(name)' is not granted to endpoints, so there is nothing to take back",
                    hint: granted.isEmpty ? "no port of it is" : "granted: \(list)"
                )
            }
            _ = try writer.setAdoption(nil, of: port, onHost: host.id)
        }
    }

    /// Forgets a host. What it did stays in the histories; what serves there serves on.
    ///
    /// - Throws: `forbidden`; `notFound`; `conflict` while it is connected: nobody would look after its replicas any more.
    package func deleteHost(
        _ name: String,
        by identity: OperatorIdentity,
        reason: String?
    ) async throws -> ApplyView {
        try identity.check(.admin, to: "delete hosts")
        let (id, gone, view) = try await directory.changing {
            let (id, view) = try await write(by: identity, reason: reason) { writer in
                let host = try Self.host(name, in: writer.reader).host
                if !host.isRevoked, let entry = self.directory[host.id], entry.isConnected {
                    throw ControllerError(
                        .conflict,
                        "cannot delete host '\(name)': it is connected, and nobody would look after what it serves",
                        hint: "stop its agent, or revoke it first: muster host revoke \(name) --reason …",
                        meaning: .stillConnected
                    )
                }
                try writer.deleteHost(host.id)
                let change = PlanChange(kind: ObjectKind.host.rawValue, name: name, action: .delete)
                return (host.id, ApplyView(changes: [change], revision: try writer.reader.revision()))
            }
            defer { directory.remove(id) }
            return (id, directory[id], view)
        }
        gone?.sendAway(because: "this host was deleted by \(identity.name)")
        planning.hostChanged(id)
        return view
    }

    /// Stores what becomes of one host, and shows it as it is then.
    private func writeHost(
        _ name: String,
        by identity: OperatorIdentity,
        reason: String?,
        _ change: @escaping @Sendable (FleetHost, FleetWriter) throws -> Void
    ) async throws -> HostView {
        try await writeHosts(by: identity, reason: reason) { writer in
            try change(try Self.host(name, in: writer.reader).host, writer)
            let stored = try Self.host(name, in: writer.reader)
            return ([stored], try self.views(writer.reader).host(stored))
        }
    }

    /// Stores what becomes of hosts, and takes over what they are then.
    private func writeHosts<Value: Sendable>(
        by identity: OperatorIdentity,
        reason: String?,
        _ change: @escaping @Sendable (FleetWriter) throws -> (hosts: [HostRecord], value: Value)
    ) async throws -> Value {
        try await directory.changing {
            let (hosts, value) = try await write(by: identity, reason: reason, change)
            for record in hosts where directory[record.host.id]?.take(record) == true {
                planning.hostChanged(record.host.id)
            }
            return value
        }
    }

    /// A label change that stops a deployment on several hosts has the same brake as any other removal.
    private static func checkRemoval(
        from before: [FleetHost],
        to changed: [FleetHost],
        in reader: FleetReader,
        isAllowed: Bool
    ) throws {
        guard !isAllowed, changed.count > 1 else { return }
        let old = Dictionary(uniqueKeysWithValues: before.map { ($0.id, $0.labels) })
        var stopping: [(deployment: String, hosts: [String])] = []
        for record in try reader.deployments() {
            let selector = record.deployment.scope.hosts
            let lost = changed.filter { selector.matches(old[$0.id] ?? [:]) && !selector.matches($0.labels) }
            guard !lost.isEmpty else { continue }
            let items = try reader.items(of: record.uid)
            let stopped = lost.filter { items[$0.id] != nil }.map(\.name)
            if !stopped.isEmpty { stopping.append((record.deployment.name, stopped)) }
        }
        try checkRemoval(of: stopping, isAllowed: false)
    }

    /// A host by name.
    ///
    /// - Throws: `notFound`, with the nearest name.
    static func host(_ name: String, in reader: FleetReader) throws -> HostRecord {
        if let record = try reader.host(named: name) { return record }
        let nearest = NearestName.of(name, among: try reader.hosts().map(\.host.name))
        throw ControllerError(
            .notFound,
            "there is no host '\(name)'",
            hint: nearest.map { "did you mean '\($0)'?" } ?? "see 'muster get hosts'"
        )
    }
}
