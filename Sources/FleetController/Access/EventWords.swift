import Fleet
import FleetStore

/// Says what hosts report in words. Names are read once.
///
/// Not `Sendable`: it lives within one transaction.
final class EventWords {
    private let reader: FleetReader
    private let revisions: RevisionNames
    private var hosts: [String: String] = [:]
    private var deployments: [String: String] = [:]

    init(reader: FleetReader) {
        self.reader = reader
        revisions = RevisionNames(reader: reader)
    }

    /// A fact of a host as an event; `nil` for what the audit or another fact tells.
    func event(of record: OutcomeRecord) throws -> EventView? {
        let outcome = record.outcome
        guard let (what, failed) = try words(for: outcome) else { return nil }
        return EventView(
            id: "host/\(record.host)/\(record.instance)/\(outcome.sequence)",
            at: record.receivedAt,
            by: "host/\(try host(record.host))",
            what: what,
            kind: ObjectKind.deployment.rawValue,
            name: try deployment(outcome.deployment),
            failed: failed
        )
    }

    private func words(for outcome: HostOutcome) throws -> (what: String, failed: Bool)? {
        switch outcome.kind {
        case .verified: ("proved \(try revision(outcome.revision, outcome.deployment))", false)
        case .reverted(let cause):
            ("went back from \(try revision(outcome.revision, outcome.deployment)): \(cause)", true)
        case .revertFailed(let cause):
            ("failed with \(try revision(outcome.revision, outcome.deployment)), and has no way back: \(cause)", true)
        case .rolledBack(_, let receipt): try words(for: receipt, of: outcome.deployment)
        case .removed: ("removed it", false)
        // A new revision that serves is told by its proof; what was done on the host by the audit.
        case .serving, .local: nil
        }
    }

    private func words(for receipt: Receipt, of deployment: String) throws -> (what: String, failed: Bool)? {
        switch receipt {
        case .done(let serving): ("rolled back to \(try revision(serving, deployment))", false)
        case .unaffected: ("was not affected by the rollback", false)
        case .noTarget(.keepServing): ("has nothing to roll back to, and serves on", true)
        case .noTarget(.stop): ("has nothing to roll back to, and stopped", true)
        case .pinned: ("is pinned, and was not rolled back", true)
        case .failed(let cause, _): ("could not roll back: \(cause)", true)
        case .inProgress, .offline: nil
        }
    }

    private func revision(_ reference: RevisionReference?, _ deployment: String) throws -> String {
        guard let reference else { return "it" }
        let view = try revisions.view(reference, of: deployment)
        return "\(view.version) (revision \(view.number))"
    }

    private func host(_ id: String) throws -> String {
        if let name = hosts[id] { return name }
        let name = try reader.host(id)?.host.name ?? id
        hosts[id] = name
        return name
    }

    private func deployment(_ uid: String) throws -> String {
        if let name = deployments[uid] { return name }
        let name = try reader.deployment(uid: uid)?.deployment.name ?? uid
        deployments[uid] = name
        return name
    }
}
