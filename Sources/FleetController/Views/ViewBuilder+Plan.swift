import Fleet
import FleetPlanning
import FleetStore

extension ViewBuilder {
    /// What a step would do to one host; `nil` when nothing changes there.
    func planHost(_ host: DeploymentPicture.Host, step: DeploymentStep) throws -> PlanHost? {
        guard let picture = step.outcome.after, let move = step.move(of: host) else { return nil }
        let unreachable =
            host.ineligible.map { "\($0); nothing moves there" }
            ?? host.unreachableSince.map { "cannot be reached since \($0); it follows on return" }
        let from = try host.report?.serving.map { try revisions.view($0, of: picture.uid) }
        guard case .goes(let reference, _) = move else {
            return PlanHost(
                deployment: picture.name,
                host: host.name,
                from: from,
                gap: "stops for good",
                note: unreachable
                    ?? (step.isRemoval ? "the deployment is deleted" : "no longer selected")
                    + returned(on: host, picture)
            )
        }
        let to = try revisions.view(reference, of: picture.uid)
        return PlanHost(
            deployment: picture.name,
            host: host.name,
            wave: step.startsRollout ? host.target?.wave : nil,
            from: from,
            to: to,
            gap: from == nil
                ? nil : try gap(to: reference, of: picture.uid, on: host, hasEndpoint: picture.endpoint != nil),
            drain: try host.report?.serving.flatMap { try revisions.content($0, of: picture.uid)?.runtime.stop.drain },
            fetchBytes: try fetch(of: reference, to: host, picture.uid),
            note: unreachable ?? host.report?.pin.map { "\($0.text); nothing moves there" }
                ?? host.cordon.map { "\($0.text); it follows after: muster host uncordon \(host.name)" }
                ?? takeover(on: host, picture)
        )
    }

    /// What becomes of a port that was taken over where the deployment is stopped.
    private func returned(on host: DeploymentPicture.Host, _ picture: DeploymentPicture) -> String {
        guard let port = picture.adoption(on: host)?.port else { return "" }
        return "; port \(port) goes back at once to whatever else listens on it"
    }

    /// That a port may be taken over; nothing where it was.
    private func takeover(on host: DeploymentPicture.Host, _ picture: DeploymentPicture) -> String? {
        guard host.report?.serving == nil, let adoption = picture.adoption(on: host) else { return nil }
        return "takes port \(adoption.port) over from whatever listens on it, once it is proven: granted by "
            + adoption.actor
    }

    /// How many bytes a host fetches of the model and of what the runtime brings; `nil` when it is known to have the files:
    /// it serves them, or keeps them to go back.
    private func fetch(
        of reference: RevisionReference,
        to host: DeploymentPicture.Host,
        _ deployment: String
    ) throws -> Int64? {
        guard let wanted = try revisions.content(reference, of: deployment)?.bundles else { return nil }
        var missing = Set(wanted)
        if let report = host.report {
            let kept = [report.serving, report.previous, report.provisional, report.good.last].compactMap { $0 }
            for one in kept { missing.subtract(try revisions.content(one, of: deployment)?.bundles ?? []) }
        }
        let sizes = try missing.compactMap { try revisions.bytes(of: $0) }
        return sizes.isEmpty ? nil : sizes.reduce(0, +)
    }

    /// For how long nobody answers on one host while one revision takes the place of another; `nil` when somebody does.
    private func gap(
        to reference: RevisionReference,
        of deployment: String,
        on host: DeploymentPicture.Host,
        hasEndpoint: Bool
    ) throws -> String? {
        let runtime = try revisions.content(reference, of: deployment)?.runtime
        let fromStopToStart =
            runtime?.driver == .external
            ? "from the unloading of the old version until the new one is loaded and ready"
            : "from the stop of the old replica until the new one is ready"
        guard runtime?.update == .sideBySide else { return fromStopToStart }
        if runtime?.driver == .external {
            return "as its server loads a version in the place of another: none at Triton"
        }
        guard hasEndpoint, let facts = directory[host.id]?.report?.facts, let refusal = facts.endpointRefusal else {
            return nil
        }
        return "\(fromStopToStart) (it is proven on another port first): the endpoint cannot be switched, \(refusal)"
    }
}
