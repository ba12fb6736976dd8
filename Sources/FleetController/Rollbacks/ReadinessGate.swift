import Fleet
import FleetPlanning

/// Refuses a rollout that would leave too few of the hosts that serve something able to go back: `rollout.minReadiness`.
///
/// A host is able to when it says that its way back is ready. One that has nothing to go back to yet counts too where what it
/// serves is good: that will be its way back. What is being looked at, and what cannot be reached, is not known and does not
/// count.
struct ReadinessGate {
    /// The hosts that serve something.
    let serving: Int
    /// Those that could not go back, with why, by name.
    let unready: [(host: String, why: String)]
    /// How many must be able to.
    let needed: Int

    init(_ hosts: [DeploymentPicture.Host], _ amount: Amount) {
        let serving = hosts.filter { $0.report?.serving != nil }
        self.serving = serving.count
        needed = amount.hosts(of: serving.count)
        unready = serving.compactMap { host in Self.why(host).map { (host.name, $0) } }
    }

    /// Whether enough hosts are able to.
    var isOpen: Bool { serving - unready.count >= needed }

    private static func why(_ host: DeploymentPicture.Host) -> String? {
        guard let report = host.report, let serving = report.serving else { return nil }
        if let since = host.unreachableSince { return "cannot be reached since \(since)" }
        switch report.rollback?.state {
        case .ready: return nil
        case .none?: return report.good.contains { $0.digest == serving.digest } ? nil : "has nothing to go back to"
        case .checking: return "its way back is being checked"
        case .notReady: return report.rollback?.reason ?? "its way back is not ready"
        case nil: return "its agent does not say"
        }
    }

    /// Refuses a step that starts a rollout past the gate.
    ///
    /// - Throws: `ControllerError` `conflict`, with the list of hosts.
    static func check(_ step: PlanStep.Outcome, _ deployment: Deployment) throws {
        guard let amount = deployment.policy.rollout.minReadiness, let before = step.before,
            let rollout = step.after?.rollout, rollout.id != before.rollout?.id
        else { return }
        let gate = ReadinessGate(before.hosts, amount)
        guard !gate.isOpen else { return }
        let list = gate.unready.prefix(20).map { "\($0.host) (\($0.why))" }.joined(separator: ", ")
        let rest = gate.unready.count > 20 ? " and \(gate.unready.count - 20) more" : ""
        throw ControllerError(
            .conflict,
            "cannot roll out deployment '\(deployment.name)': \(gate.serving - gate.unready.count) of \(gate.serving) hosts that "
                + "serve it could go back, and policy.rollout.minReadiness asks for \(amount): not \(list)\(rest)",
            hint: "mend these hosts (see 'muster get hosts -o wide'), or lower minReadiness",
            meaning: .notReady
        )
    }
}
