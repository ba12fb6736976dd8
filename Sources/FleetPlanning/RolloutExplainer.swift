import Fleet

/// Says of a rollout that is not over why it stands where it stands, and of its hosts what stands over them.
struct RolloutExplainer {
    let picture: DeploymentPicture
    let rollout: Rollout

    func explanation() -> Explanation {
        let name = picture.name
        let title = "the rollout of revision \(rollout.revision.number)"
        switch rollout.state {
        case .paused where picture.isFrozen:
            return Explanation(
                why: "\(title) is paused: \(rollout.reason)",
                since: rollout.since,
                who: "an admin, on the controller's machine",
                next: "muster-controller thaw --data DIR, then muster rollout resume \(name)"
            )
        case .paused:
            let pause = rollout.pause
            let who = pause?.cause == .person ? "\(pause?.actor ?? "somebody") paused it; any operator" : "an operator"
            return Explanation(
                why: "\(title) is paused: \(rollout.reason)\(hint(pause?.cause))",
                since: rollout.since,
                who: who,
                next: "muster rollout resume \(name), or muster rollout abort \(name) --reason …"
            )
        case .preflight:
            return Explanation(
                why: "\(title) has not begun: \(rollout.reason)",
                since: rollout.since,
                who: "Muster, when it can; whoever can reach the hosts",
                next: "muster rollout status \(name) --all"
            )
        case .progressing:
            return Explanation(
                why: "\(title) is under way, \(rollout.reason): \(counts)",
                since: rollout.since,
                who: "Muster and the hosts",
                next: "muster rollout status \(name) -w"
            )
        case .baking:
            return Explanation(
                why: "\(title): \(rollout.reason), for \(picture.policy.rollout.bake): \(counts)",
                since: rollout.since,
                who: "Muster; an operator may end the watch",
                next: "muster rollout promote \(name)"
            )
        case .aborting, .succeeded, .aborted, .superseded, .cancelled:
            return Explanation(
                why: "\(title) \(rollout.state.past): \(rollout.reason): \(counts)",
                since: rollout.since,
                who: "the hosts, which are going back",
                next: "muster rollout status \(name) -w"
            )
        }
    }

    private func hint(_ cause: Rollout.Pause.Cause?) -> String {
        switch cause {
        case .excluded: "; resuming accepts that they are left out"
        case .digest: "; the blob at its source is damaged or was replaced: push the model version again"
        case .inconclusive: "; promote goes on without the guard"
        case .unproven: "; bring a host back, or abort"
        case .person, .stalled, .restored, nil: ""
        }
    }

    /// How many hosts are where; they sum to the list.
    private var counts: String { RolloutCounts(picture.hosts.lazy.compactMap(\.target)).text }

    /// Why a rollout does not wait for a host, or what the host waits for.
    static func overlay(of host: DeploymentPicture.Host, in picture: DeploymentPicture) -> Explanation? {
        guard let rollout = picture.rollout, !rollout.state.isTerminal, let target = host.target,
            let overlay = target.overlay
        else { return nil }
        let name = picture.name
        let look = "muster describe host \(host.name)"
        let atHost = "whoever can log in to host \(host.name)"
        let (why, since, who, next) =
            switch overlay {
            case .unreachable(let since):
                ("cannot be reached; it follows on return", since, "whoever can reach host \(host.name)", look)
            case .presumedFailed(let since):
                (
                    "is presumed to have failed: \(target.failure ?? "it went dark")", since,
                    "whoever can reach host \(host.name); its own outcome counts when it arrives", look
                )
            case .deferred(let until):
                (
                    "waits" + (until.map { " until \($0)" } ?? ""), target.since, "Muster",
                    "muster rollout status \(name)"
                )
            case .skipped(let reason):
                (
                    "is skipped: \(reason)", target.since, "an operator",
                    host.cordon == nil
                        ? "muster rollout retry \(name) once this rollout is over"
                        : "muster host uncordon \(host.name): it follows once this rollout is over"
                )
            case .ineligible(let reason): ("is ineligible: \(reason)", target.since, atHost, look)
            case .excluded(let reason): ("is excluded: \(reason)", target.since, atHost, look)
            }
        return Explanation(why: "\(host.name) \(why)", since: since, who: who, next: next)
    }
}
