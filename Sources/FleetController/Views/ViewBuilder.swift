import Fleet
import FleetPlanning
import FleetStore
import Foundation

/// Makes what people see from one snapshot of the store and from memory.
struct ViewBuilder {
    let reader: FleetReader
    let directory: HostDirectory

    func hold(_ hold: Hold) throws -> HoldView {
        HoldView(
            hold: hold,
            deployment: try reader.deployment(uid: hold.deployment)?.deployment.name ?? hold.deployment,
            revision: try revision(hold.revision, of: hold.deployment)
        )
    }

    func rollout(of record: DeploymentRecord) throws -> RolloutView? {
        guard let rollout = try reader.newestRollout(of: record.uid) else { return nil }
        return RolloutView(
            rollout: rollout,
            deployment: record.deployment.name,
            revision: try revision(rollout.revision, of: record.uid),
            explanations: rollout.state.isTerminal ? [] : try explanations(of: record)
        )
    }

    func deployment(_ record: DeploymentRecord) throws -> DeploymentView {
        guard let picture = try step.picture(of: record, in: reader) else {
            throw ControllerError(.internal, "deployment '\(record.deployment.name)' has no revision")
        }
        return DeploymentView(
            deployment: record.deployment,
            uid: record.uid,
            resourceVersion: record.resourceVersion,
            createdAt: record.createdAt,
            written: try revision(picture.written.reference, of: record.uid),
            wanted: try picture.wanted.map { try revision($0, of: record.uid) },
            removing: picture.isRemoving,
            rollout: picture.rollout,
            holds: try picture.holds.map { try hold($0) },
            hosts: try picture.hosts.map { try host($0, of: picture) },
            explanations: explanations(of: picture)
        )
    }

    func host(_ record: HostRecord) throws -> HostView {
        let entry = directory[record.host.id]
        let report = entry?.report ?? record.report
        var warnings: [String] = []
        if report?.facts.isRoot == true {
            warnings.append(
                "its replicas run as root: give them a user with --replica-user, or run the agent as a user of its own"
            )
        }
        for replica in report?.replicas ?? [] {
            guard let pin = replica.pin else { continue }
            warnings.append(
                "deployment '\(replica.name)' is \(pin.text); nothing moves there until `muster-agent unpin \(replica.name)`"
            )
        }
        var explanations: [Explanation] = []
        if let since = entry?.unreachableSince {
            explanations.append(
                Explanation(
                    why: "its lease has lapsed",
                    since: since,
                    who: "whoever can reach host \(record.host.name)"
                )
            )
        }
        return HostView(
            host: record.host,
            connected: entry?.isConnected ?? false,
            lastSeen: entry?.lastHeard ?? record.lastSeen,
            report: report,
            warnings: warnings,
            explanations: explanations
        )
    }

    /// What a step would do to one host; `nil` when nothing changes there.
    func planHost(_ host: DeploymentPicture.Host, deployment: Deployment, step: PlanStep.Outcome) throws -> PlanHost? {
        guard let picture = step.picture else { return nil }
        let startsNow = step.rollout.map { $0.id != picture.rollout?.id } ?? false
        guard startsNow || step.items[host.id] != host.item else { return nil }
        let unreachable = host.unreachableSince.map { "cannot be reached since \($0); it follows on return" }
        let from = try host.report?.serving.map { try revision($0, of: picture.uid) }
        if !host.isSelected {
            return PlanHost(
                deployment: deployment.name,
                host: host.name,
                from: from,
                gap: "stops for good",
                note: unreachable ?? "no longer selected"
            )
        }
        let target = step.rollout.flatMap { rollout in
            rollout.state == .progressing ? rollout.targets.first { $0.host == host.id } : nil
        }
        let reference = target == nil ? step.items[host.id]?.revision?.reference : step.rollout?.revision
        let movesEndpoint = host.item != nil && step.items[host.id]?.endpoint != host.item?.endpoint
        guard let reference, movesEndpoint || reference.digest != host.report?.serving?.digest else { return nil }
        let to = try revision(reference, of: picture.uid)
        let bundle = try reader.modelVersion(of: to.model, version: to.version)?.object.bundle
        return PlanHost(
            deployment: deployment.name,
            host: host.name,
            wave: target?.wave,
            from: from,
            to: to,
            gap: from == nil
                ? nil
                : try gap(to: reference, of: picture.uid, on: host, hasEndpoint: deployment.scope.endpoint != nil),
            fetchBytes: try has(bundle, host, picture.uid) ? nil : bundle.flatMap { try reader.bundle($0)?.bytes },
            note: unreachable ?? host.report?.pin.map { "\($0.text); nothing moves there" }
        )
    }

    /// Whether a host is known to have the files of a bundle: it serves them, or keeps them to go back.
    private func has(_ bundle: Digest?, _ host: DeploymentPicture.Host, _ deployment: String) throws -> Bool {
        guard let bundle, let report = host.report else { return false }
        let kept = [report.serving, report.previous, report.provisional, report.good.last].compactMap { $0 }
        return try kept.contains { reference in
            let kept = try revision(reference, of: deployment)
            return try reader.modelVersion(of: kept.model, version: kept.version)?.object.bundle == bundle
        }
    }

    /// For how long nobody answers on one host while one revision takes the place of another; `nil` when somebody does.
    private func gap(
        to reference: RevisionReference,
        of deployment: String,
        on host: DeploymentPicture.Host,
        hasEndpoint: Bool
    ) throws -> String? {
        let fromStopToStart = "from the stop of the old replica until the new one is ready"
        guard try content(reference, of: deployment)?.runtime.update == .sideBySide else { return fromStopToStart }
        guard hasEndpoint, let facts = directory[host.id]?.report?.facts, let refusal = facts.endpointRefusal else {
            return nil
        }
        return "\(fromStopToStart) (it is proven on another port first): the endpoint cannot be switched, \(refusal)"
    }

    func explanations(of record: DeploymentRecord) throws -> [Explanation] {
        try step.picture(of: record, in: reader).map { explanations(of: $0) } ?? []
    }

    func revision(_ reference: RevisionReference, of deployment: String) throws -> RevisionView {
        let content = try content(reference, of: deployment)
        return RevisionView(
            number: reference.number,
            digest: reference.digest,
            written: reference.written,
            model: content?.model.name ?? "?",
            version: content?.model.version ?? "?",
            runtime: content?.runtime.name ?? "?"
        )
    }

    private func content(_ reference: RevisionReference, of deployment: String) throws -> RevisionContent? {
        let stored = try reader.revision(reference.number, of: deployment)
        return stored.flatMap { try? JSONDecoder().decode(RevisionContent.self, from: Data($0.bytes)) }
    }

    private var step: PlanStep {
        // Views never start anything: neither time nor ids are asked for.
        PlanStep(
            directory: directory,
            environment: ControllerEnvironment(now: { Instant(milliseconds: 0) }, freshID: { "" })
        )
    }

    private func explanations(of picture: DeploymentPicture) -> [Explanation] {
        var items: [String: AssignmentItem] = [:]
        for host in picture.hosts { items[host.id] = host.item }
        return DeploymentExplainer(picture: picture, items: items).explanations()
    }

    private func host(_ host: DeploymentPicture.Host, of picture: DeploymentPicture) throws -> DeploymentHostView {
        func named(_ reference: RevisionReference?) throws -> RevisionView? {
            try reference.map { try revision($0, of: picture.uid) }
        }
        let report = host.report
        let way = report?.good.last { picture.holds.condemning($0) == nil && $0.digest != report?.serving?.digest }
        var view = DeploymentHostView(
            host: host.name,
            connected: directory[host.id]?.isConnected ?? false,
            state: host.currentReport?.state ?? .pending,
            since: host.currentReport?.since,
            reason: host.currentReport?.reason,
            goal: try named(host.item?.revision?.reference),
            serving: try named(report?.serving),
            previous: try named(report?.previous),
            way: try named(way),
            instance: report?.instance,
            receipt: try receipt(of: host, in: picture),
            pin: report?.pin,
            condemnedConnections: report?.condemnedConnections,
            assigned: host.isSelected
        )
        view.rollback = report?.rollback
        return view
    }

    /// The host's outcome of the newest rollback that still holds; `nil` when there is none. It is what the host says while it
    /// carries the rollback out, and afterwards what is in the store: the item that follows says nothing of it any more.
    private func receipt(of host: DeploymentPicture.Host, in picture: DeploymentPicture) throws -> Receipt? {
        guard let hold = picture.holds.last else { return nil }
        if case .rollback(let id) = host.item?.order, id == hold.id {
            if host.unreachableSince != nil { return .offline }
            return host.currentReport?.receipt ?? .inProgress(host.currentReport?.state ?? .pending)
        }
        if let stored = try reader.receipts(of: hold.id)[host.id] { return stored }
        return .unaffected(serving: host.report?.serving)
    }
}
