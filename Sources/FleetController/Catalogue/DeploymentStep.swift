import Fleet
import FleetPlanning

/// What applying would do to one deployment, for showing it.
struct DeploymentStep {
    /// What becomes of a host.
    enum Move {
        /// Its replica stops for good.
        case stops
        /// It is asked for a revision, or for another endpoint.
        case goes(to: RevisionReference, movesEndpoint: Bool)
    }

    var name: String
    var outcome: PlanStep.Outcome
    /// The ids of the hosts on which it stops: all of one that is deleted, or those that the selector takes no more.
    var stopping: Set<String>
    /// Whether the deployment is deleted.
    var isRemoval = false

    /// Whether a rollout begins with it.
    var startsRollout: Bool { outcome.after?.rollout.map { $0.id != outcome.before?.rollout?.id } ?? false }

    /// What becomes of a host; `nil` when nothing changes there.
    func move(of host: DeploymentPicture.Host) -> Move? {
        guard let picture = outcome.after else { return nil }
        guard !stopping.contains(host.id) else { return .stops }
        guard host.isSelected, !isRemoval else { return nil }
        let movesEndpoint = host.item.map { $0.endpoint != picture.endpoint } ?? false
        // One that is cordoned is shown where it would go, though it is not in the list.
        let isListed = startsRollout && (host.target != nil || host.cordon != nil)
        let reference = isListed ? picture.rollout?.revision : standing(of: host, in: picture, movesEndpoint)
        guard let reference, movesEndpoint || reference.digest != host.report?.serving?.digest else { return nil }
        return .goes(to: reference, movesEndpoint: movesEndpoint)
    }

    /// What a host outside the new rollout will be asked for because of this step.
    private func standing(
        of host: DeploymentPicture.Host,
        in picture: DeploymentPicture,
        _ movesEndpoint: Bool
    ) -> RevisionReference? {
        guard host.item == nil || movesEndpoint else { return nil }
        return picture.settled
    }

    /// A line for each host that would move: what the plan's hash covers of it.
    var lines: [String] {
        // Thousands of hosts come from a few revisions: each is written out once.
        var texts: [Digest: String] = [:]
        func text(_ digest: Digest) -> String {
            if let known = texts[digest] { return known }
            let text = digest.description
            texts[digest] = text
            return text
        }
        return (outcome.after?.hosts ?? []).compactMap { host in
            let to: String
            switch move(of: host) {
            case .stops: to = "stops"
            case .goes(let reference, let movesEndpoint):
                to = movesEndpoint ? "\(text(reference.digest)) endpoint" : text(reference.digest)
            case nil: return nil
            }
            let isEligible = host.ineligible == nil && host.cordon == nil
            let from = host.report?.serving.map { text($0.digest) } ?? "nothing"
            return "\(name) \(host.name) \(host.id) \(from) \(to) \(isEligible ? "eligible" : "ineligible")"
        }
    }
}
