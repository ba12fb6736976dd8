package import Fleet
import FleetStore
import Synchronization

extension FleetOperations {
    /// Every model that a selector takes, by name.
    package func models(_ selector: LabelSelector?) async throws -> Listing<ModelView> {
        try await listing { reader in
            try reader.models().filter { selector?.matches($0.object.labels) ?? true }.map { stored in
                ModelView(
                    model: stored.object,
                    resourceVersion: stored.resourceVersion,
                    versions: try reader.modelVersions(of: stored.object.name).map(\.object.version)
                )
            }
        }
    }

    /// Every model version that a selector takes, by name.
    package func modelVersions(_ selector: LabelSelector?) async throws -> Listing<ModelVersionView> {
        try await listing { reader in
            try reader.modelVersions().filter { selector?.matches($0.object.labels) ?? true }.map { stored in
                let bundle = try stored.object.bundle.flatMap { try reader.bundle($0) }
                return ModelVersionView(
                    modelVersion: stored.object,
                    resourceVersion: stored.resourceVersion,
                    createdAt: stored.createdAt,
                    files: bundle?.files ?? 0,
                    bytes: bundle?.bytes ?? 0
                )
            }
        }
    }

    /// Every runtime that a selector takes, by name.
    package func runtimes(_ selector: LabelSelector?) async throws -> Listing<RuntimeView> {
        try await listing { reader in
            try reader.runtimes().filter { selector?.matches($0.object.labels) ?? true }.map {
                RuntimeView(runtime: $0.object, resourceVersion: $0.resourceVersion)
            }
        }
    }

    /// Every deployment that a selector takes, by name, or a page of them; those with many hosts without them.
    package func deployments(
        _ selector: LabelSelector?,
        page: ListPage? = nil
    ) async throws -> Listing<DeploymentView> {
        try await read { reader in
            let builder = self.views(reader)
            let matching = { (record: DeploymentRecord) in selector?.matches(record.deployment.labels) ?? true }
            let (records, next) =
                try page?.filled(matching: matching, name: \.deployment.name) {
                    try reader.deployments(after: $0, limit: $1)
                } ?? (reader.deployments().filter(matching), nil)
            let items = try records.map { try builder.deployment($0).shortened }
            return Listing(items: items, revision: try reader.revision(), next: next)
        }
    }

    /// Every host that a selector takes, by name, or a page of them.
    package func hosts(_ selector: LabelSelector?, page: ListPage? = nil) async throws -> Listing<HostView> {
        try await read { reader in
            let builder = self.views(reader)
            let matching = { (record: HostRecord) in selector?.matches(record.host.labels) ?? true }
            let (records, next) =
                try page?.filled(matching: matching, name: \.host.name) {
                    try reader.hosts(after: $0, limit: $1)
                } ?? (reader.hosts().filter(matching), nil)
            let items = try records.map { try builder.host($0) }
            return Listing(items: items, revision: try reader.revision(), next: next)
        }
    }

    /// A line of every host that a selector takes, by name. It is made from memory, which has what a change stored before the
    /// change is answered, and belongs to no revision: to watch from a list, ask for `hosts`.
    package func hostSummaries(_ selector: LabelSelector?) async throws -> HostSummaries {
        let isFrozen = !planning.restore.frozen.isEmpty
        let now = environment.now()
        let items = directory.all.compactMap { entry in
            entry.state.withLock { state in
                selector?.matches(state.host.labels) ?? true ? HostSummary(state, at: now) : nil
            }
        }
        return HostSummaries(isFrozen: isFrozen, items: items.sorted { $0.name < $1.name })
    }

    /// One host. It is made from memory, as a summary is.
    ///
    /// - Throws: `notFound`, with the nearest name.
    package func host(named name: String) async throws -> HostView {
        if let entry = directory.settled(named: name) {
            return entry.view(frozen: planning.restore.frozen, now: environment.now())
        }
        return try await read { reader in try self.views(reader).host(try Self.host(name, in: reader)) }
    }

    /// One deployment.
    ///
    /// - Throws: `notFound`, with the nearest name.
    package func deployment(named name: String) async throws -> DeploymentView {
        try await read { reader in try self.views(reader).deployment(try self.deployment(name, in: reader)) }
    }

    /// The newest rollout of every deployment, by the deployment's name, without its hosts.
    package func rollouts() async throws -> Listing<RolloutView> {
        try await listing { reader in
            let builder = self.views(reader)
            return try reader.deployments().compactMap { try builder.newestRollout(of: $0) }
        }
    }

    private func listing<Item: Codable & Sendable>(
        _ items: @Sendable (FleetReader) throws -> [Item]
    ) async throws -> Listing<Item> {
        try await read { Listing(items: try items($0), revision: try $0.revision()) }
    }

    func deployment(_ name: String, in reader: FleetReader) throws -> DeploymentRecord {
        try Self.find(name, in: reader)
    }

    /// A deployment by name.
    ///
    /// - Throws: `notFound`, with the nearest name.
    static func find(_ name: String, in reader: FleetReader) throws -> DeploymentRecord {
        if let record = try reader.deployment(named: name) { return record }
        let known = try reader.deployments().map(\.deployment.name)
        let hint = NearestName.of(name, among: known).map { "did you mean '\($0)'?" } ?? "see 'muster get deployments'"
        throw ControllerError(.notFound, "there is no deployment '\(name)'", hint: hint)
    }
}
