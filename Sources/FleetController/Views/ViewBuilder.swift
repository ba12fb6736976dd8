import Fleet
import FleetPlanning
import FleetStore

/// Makes what people see from one snapshot of the store and from memory.
struct ViewBuilder {
    let reader: FleetReader
    let directory: HostDirectory
    let now: Instant
    /// That nothing can be stored.
    let trouble: StoreTrouble?
    let revisions: RevisionNames
    let frozen = FrozenNotice()

    init(reader: FleetReader, directory: HostDirectory, now: Instant, trouble: StoreTrouble? = nil) {
        self.trouble = trouble
        self.reader = reader
        self.directory = directory
        self.now = now
        revisions = RevisionNames(reader: reader)
    }

    func hold(_ hold: Hold) throws -> HoldView {
        HoldView(
            hold: hold,
            deployment: try reader.deployment(uid: hold.deployment)?.deployment.name ?? hold.deployment,
            revision: try revisions.view(hold.revision, of: hold.deployment),
            hosts: hold.hosts?.map { directory[$0]?.host.name ?? $0 }.sorted()
        )
    }

    func hold(_ record: HoldRecord) throws -> HoldView {
        var view = try hold(record.hold)
        view.lifted = record.lift.map { HoldView.Lift(actor: $0.actor, at: $0.at, reason: $0.reason) }
        return view
    }

    func deployment(_ record: DeploymentRecord) throws -> DeploymentView {
        let picture = try picture(of: record)
        return DeploymentView(
            deployment: record.deployment,
            uid: record.uid,
            resourceVersion: record.resourceVersion,
            createdAt: record.createdAt,
            written: try revisions.view(picture.written.reference, of: record.uid),
            wanted: try picture.wanted.map { try revisions.view($0, of: record.uid) },
            removing: picture.isRemoving,
            rollout: picture.rollout,
            holds: try picture.holds.map { try hold($0) },
            hosts: try hosts(of: picture),
            explanations: try explanations(of: picture)
        )
    }

    /// Whatever of a deployment is not where it should be.
    func explanations(of record: DeploymentRecord) throws -> [Explanation] {
        try explanations(of: try picture(of: record))
    }

    func explanations(of picture: DeploymentPicture) throws -> [Explanation] {
        var items: [String: AssignmentItem] = [:]
        for host in picture.hosts { items[host.id] = host.item }
        let explainer = DeploymentExplainer(
            picture: picture,
            items: items,
            calendar: WindowCalendar(picture.policy).openTimes(from: now),
            now: now
        )
        return try standstill() + forgottenExplanations(of: picture) + explainer.explanations()
    }

    /// The picture of a deployment that is in the store.
    func picture(of record: DeploymentRecord) throws -> DeploymentPicture {
        // Views never start anything: neither time nor ids are asked for.
        let environment = ControllerEnvironment(now: { Instant(milliseconds: 0) }, freshID: { "" })
        let step = PlanStep(directory: directory, environment: environment)
        guard let picture = try step.picture(of: record, in: reader) else {
            throw ControllerError(.internal, "deployment '\(record.deployment.name)' has no revision")
        }
        return picture
    }

    func host(_ record: HostRecord) throws -> HostView {
        let frozen = try frozenExplanations()
        if let entry = directory[record.host.id] {
            return entry.view(of: record.host, frozen: frozen, storedReport: record.report, now: now)
        }
        return HostView(
            host: record.host,
            connected: false,
            lastSeen: record.lastSeen,
            report: record.report,
            warnings: record.report?.warnings.map(\.text) ?? [],
            explanations: frozen
        )
    }

    private func hosts(of picture: DeploymentPicture) throws -> [DeploymentHostView] {
        try picture.hosts.filter { $0.isSelected || $0.ineligible != nil || $0.item != nil }.map { host in
            try self.host(host, of: picture)
        }
    }

    private func host(
        _ host: DeploymentPicture.Host,
        of picture: DeploymentPicture
    ) throws -> DeploymentHostView {
        func named(_ reference: RevisionReference?) throws -> RevisionView? {
            try reference.map { try revisions.view($0, of: picture.uid) }
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
            receipt: receipt(of: host, in: picture),
            pin: report?.pin,
            condemnedConnections: report?.condemnedConnections,
            assigned: host.isSelected
        )
        view.rollback = report?.rollback
        return view
    }

    /// The host's outcome of the newest rollback that still holds; `nil` when there is none. It is what the host says while it
    /// carries the rollback out, and afterwards what is in the store: the item that follows says nothing of it any more.
    private func receipt(
        of host: DeploymentPicture.Host,
        in picture: DeploymentPicture
    ) -> Receipt? {
        guard let hold = picture.holds.last else { return nil }
        if case .rollback(let id, _) = host.item?.order, id == hold.rollback ?? hold.id {
            if host.unreachableSince != nil { return .offline }
            return host.currentReport?.receipt ?? .inProgress(host.currentReport?.state ?? .pending)
        }
        if let stored = host.entry?.receipt { return stored }
        return .unaffected(serving: host.report?.serving)
    }
}
