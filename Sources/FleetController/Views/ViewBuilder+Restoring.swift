import Fleet
import FleetPlanning
import FleetStore

extension ViewBuilder {
    /// Why nothing moves; empty while things may.
    func frozenExplanations() throws -> [Explanation] {
        try frozen.explanations {
            try reader.controller().frozen.map { [.frozen(because: $0.reason, since: $0.since)] } ?? []
        }
    }

    /// Why nothing moves at all: the store is an old backup, or cannot be written.
    func standstill() throws -> [Explanation] {
        try (trouble.map { [.unwritable($0)] } ?? []) + frozenExplanations()
    }

    /// What hosts serve of a deployment, and this store does not have.
    func forgottenExplanations(of picture: DeploymentPicture) throws -> [Explanation] {
        let isFrozen = picture.isFrozen
        return try forgotten(of: picture).filter { $0.serving || isFrozen }.map { forgotten in
            Explanation(
                why: forgotten.text,
                since: picture.hosts.first { $0.name == forgotten.host }?.report?.since,
                who: isFrozen ? "an admin, on the controller's machine" : "Muster",
                next: isFrozen
                    ? "muster-controller thaw --data DIR, which shows what would move first"
                    : "muster describe host \(forgotten.host)"
            )
        }
    }

    /// What a frozen controller has to show; `nil` when it is not frozen.
    func frozen(_ record: ControllerRecord) throws -> FrozenView? {
        guard let frozen = record.frozen else { return nil }
        var forgotten: [ForgottenView] = []
        var moves: [PlanHost] = []
        for deployment in try reader.deployments() {
            let picture = try picture(of: deployment)
            forgotten += try self.forgotten(of: picture)
            moves += try self.moves(of: picture)
        }
        forgotten += try forgottenDeployments()
        let silent = directory.all.filter { !$0.hasReported && !$0.host.isRevoked }
        return FrozenView(
            since: frozen.since,
            reason: frozen.reason,
            forgotten: forgotten.sorted { ($0.host, $0.deployment) < ($1.host, $1.deployment) },
            moves: moves,
            silent: silent.map(\.host.name).sorted()
        )
    }

    /// What hosts in quarantine have to show; `nil` when there are none, or the controller is frozen as a whole.
    func quarantine(_ record: ControllerRecord) throws -> FrozenView? {
        let hosts = directory.all.compactMap { entry in entry.quarantine.map { (entry.host.name, $0) } }
            .sorted { $0.0 < $1.0 }
        guard record.frozen == nil, let since = hosts.map(\.1.since).min() else { return nil }
        let names = Set(hosts.map(\.0))
        var forgotten: [ForgottenView] = []
        var moves: [PlanHost] = []
        for deployment in try reader.deployments() {
            let picture = try picture(of: deployment)
            forgotten += try self.forgotten(of: picture)
            moves += try self.moves(of: picture)
        }
        forgotten += try forgottenDeployments()
        return FrozenView(
            since: since,
            reason: hosts.map { "\($0) \($1.words)" }.joined(separator: "; "),
            forgotten: forgotten.filter { names.contains($0.host) }.sorted {
                ($0.host, $0.deployment) < ($1.host, $1.deployment)
            },
            moves: moves.filter { names.contains($0.host) },
            silent: []
        )
    }

    private func moves(of picture: DeploymentPicture) throws -> [PlanHost] {
        let thaw = DeploymentThaw(picture: picture, directory: directory)
        return try picture.hosts.compactMap { host in
            guard let move = thaw.move(of: host) else { return nil }
            return PlanHost(
                deployment: picture.name,
                host: host.name,
                from: try host.report?.serving.map { try revisions.view($0, of: picture.uid) },
                to: try move.to.map { try revisions.view($0, of: picture.uid) },
                note: move.note
            )
        }
    }

    private func forgotten(of picture: DeploymentPicture) throws -> [ForgottenView] {
        let known = Set(picture.revisions.map(\.digest))
        let holds = Set(try reader.holdHistory(of: picture.uid).map(\.hold.id))
        return picture.hosts.flatMap { host -> [ForgottenView] in
            guard let report = host.report else { return [] }
            return Self.forgotten(by: report, on: host.name, known: known, holds: holds)
        }
    }

    /// Deployments that were made after the backup.
    private func forgottenDeployments() throws -> [ForgottenView] {
        try directory.all.flatMap { entry -> [ForgottenView] in
            try (entry.report?.replicas ?? []).flatMap { report -> [ForgottenView] in
                guard try reader.deployment(uid: report.deployment) == nil else { return [] }
                return Self.forgotten(by: report, on: entry.host.name, known: [], holds: [])
            }
        }
    }

    private static func forgotten(
        by report: ReplicaReport,
        on host: String,
        known: Set<Digest>,
        holds: Set<String>
    ) -> [ForgottenView] {
        var seen = known
        var found: [ForgottenView] = []
        if let serving = report.serving, seen.insert(serving.digest).inserted {
            found.append(ForgottenView(deployment: report.name, host: host, revision: serving, serving: true))
        }
        for kept in report.good + [report.previous, report.provisional].compactMap(\.self)
        where seen.insert(kept.digest).inserted {
            found.append(ForgottenView(deployment: report.name, host: host, revision: kept, serving: false))
        }
        for hold in report.holds where !holds.contains(hold) {
            found.append(ForgottenView(deployment: report.name, host: host, hold: hold))
        }
        return found
    }
}
