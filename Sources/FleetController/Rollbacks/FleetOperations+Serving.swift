package import Fleet
import FleetStore

extension FleetOperations {
    /// The most stretches of a host's history.
    package static let historyLimit = 1_000

    /// Which hosts served a model at a time, by their own clocks, or serve it now as far as is known.
    ///
    /// - Parameters:
    ///   - version: `nil` for every version.
    ///   - at: `nil` for now.
    /// - Throws: `notFound` (the model, the version); `invalid` (a time that has not come).
    package func hosts(serving model: String, version: String?, at: Instant?) async throws -> WhereView {
        let now = environment.now()
        if let at, at > now {
            throw ControllerError(
                .invalid,
                "cannot say where model '\(model)' served at \(at): that time has not come",
                hint: "leave the time out for now"
            )
        }
        return try await read { reader in
            let spans = try reader.serving(model: model, version: version, at: at)
            if spans.isEmpty { try Self.check(model, version, in: reader) }
            return try self.views(reader).whereabouts(
                of: model,
                version: version,
                spans,
                at: at ?? now,
                isNow: at == nil
            )
        }
    }

    /// What a host served from when to when, by its own clock, the newest first.
    ///
    /// - Throws: `notFound`.
    package func history(ofHost name: String) async throws -> HostHistoryView {
        try await read { reader in
            guard let record = try reader.host(named: name) else {
                let nearest = NearestName.of(name, among: try reader.hosts().map(\.host.name))
                throw ControllerError(
                    .notFound,
                    "there is no host '\(name)'",
                    hint: nearest.map { "did you mean '\($0)'?" } ?? "see 'muster get hosts'"
                )
            }
            let spans = try reader.servingHistory(ofHost: record.host.id, limit: Self.historyLimit)
            let views = self.views(reader)
            return HostHistoryView(host: name, items: try views.served(spans))
        }
    }

    private static func check(_ model: String, _ version: String?, in reader: FleetReader) throws {
        let versions = try reader.modelVersions(of: model).map(\.object.version)
        guard try !versions.isEmpty || reader.model(model) != nil else {
            let nearest = NearestName.of(model, among: try reader.models().map(\.object.name))
            throw ControllerError(
                .notFound,
                "there is no model '\(model)'",
                hint: nearest.map { "did you mean '\($0)'?" } ?? "see 'muster get models'"
            )
        }
        guard let version, !versions.contains(version) else { return }
        let nearest = NearestName.of(version, among: versions)
        throw ControllerError(
            .notFound,
            "model '\(model)' has no version '\(version)'",
            hint: nearest.map { "did you mean '\($0)'?" } ?? "it has: \(versions.suffix(10).joined(separator: ", "))"
        )
    }
}
