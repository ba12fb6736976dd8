import Fleet
import FleetManifest
import FleetStore

/// The hash of a plan, and what is said to somebody whose plan is no longer what would happen.
extension ApplyRun {
    /// What this run does.
    ///
    /// - Parameter revision: the store's before the run.
    func hash(at revision: UInt64) -> PlanHash {
        let objects = changes.map { change in
            let name = "\(change.kind)/\(change.name)"
            return "\(name) \(change.action.rawValue) \(written[name] ?? "")"
        }
        return PlanHash(revision: revision, content: objects, hosts: steps.flatMap(\.lines))
    }

    /// Of one document, and of what is stored in its place: who overwrites another's change must have seen it.
    func hash(of manifest: Manifest) throws -> String {
        let stored: Manifest? =
            switch manifest {
            case .model: try writer.reader.model(manifest.name).map { .model($0.object) }
            case .modelVersion: try writer.reader.modelVersion(named: manifest.name).map { .modelVersion($0.object) }
            case .runtime: try writer.reader.runtime(manifest.name).map { .runtime($0.object) }
            case .deployment: try writer.reader.deployment(named: manifest.name).map { .deployment($0.deployment) }
            }
        let texts = [manifest, stored].map { one in
            one.map { JSONTextWriter.compact($0.document, sorted: true) } ?? "none"
        }
        return Digest(of: texts.joined(separator: "\n").utf8).description
    }

    /// Refuses to do something else than the plan that was meant.
    ///
    /// - Throws: `conflict`, with who changed what since the plan was made.
    func checkPlan(at revision: UInt64) throws {
        guard let meant = options.plan else { return }
        let found = hash(at: revision)
        guard !found.covers(meant) else { return }
        let what =
            switch (found.content == meant.content, found.hosts == meant.hosts) {
            case (false, _): "what these documents would change is something else than it planned"
            default: "other hosts would move than it planned, or from other revisions"
            }
        let since = try changesSince(meant.revision, now: revision)
        throw ControllerError(
            .conflict,
            "the plan \(meant) cannot be carried out: \(what); \(since)",
            hint: "look at it again with `muster plan`, and apply the new plan",
            meaning: .planChanged
        )
    }

    private func changesSince(_ revision: UInt64, now: UInt64) throws -> String {
        guard revision <= now else { return "it is of another store, or of one that was restored since" }
        let records = try writer.reader.audit(after: revision, upTo: now).filter { record in
            switch ObjectKind(rawValue: record.kind) {
            case .model, .modelVersion, .runtime, .deployment, .hold, .rollback, .host: true
            case .rollout, .enrolmentToken, .operatorToken, .controller, nil: false
            }
        }
        guard !records.isEmpty else {
            return "no object was changed since: the documents or the options differ, or hosts moved by themselves"
        }
        let said = records.suffix(5).map { record in
            "\(record.actor): \(record.verb) \(record.kind)/\(record.name) at \(record.at)"
                + (record.reason.map { " (\($0))" } ?? "")
        }
        let more = records.count > said.count ? " and \(records.count - said.count) changes before" : ""
        return "since it was made: \(said.joined(separator: "; "))\(more)"
    }
}
