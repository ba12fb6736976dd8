import DaemonKit
import Fleet

extension RefusedItem {
    /// Why it is refused, and what to do.
    var reason: String {
        if let problem {
            return
                "the controller orders something for a deployment whose name \(problem); nothing was changed: see to it "
                + "that this host has the right controller, and give the deployment another name"
        }
        return
            "the controller orders something for '\(name)' that this agent (\(BuildInfo.version)) does not know; nothing was "
            + "changed: install a newer muster-agent on this host"
    }

    /// What is said of the deployment while its newest item is refused.
    ///
    /// - Parameters:
    ///   - known: what its machine says; it is left to speak while something is under way.
    ///   - since: when the item came.
    func report(over known: ReplicaReport?, since: Instant) -> ReplicaReport {
        if let known, !known.state.isTerminal, known.state != .pending { return known }
        var report =
            known
            ?? ReplicaReport(
                deployment: deployment,
                name: name,
                item: number,
                goal: goal,
                state: .pending,
                since: since
            )
        report.item = number
        report.goal = goal
        report.state = report.serving == nil ? .revertFailed : .reverted
        report.since = since
        report.reason = reason
        report.receipt = nil
        report.failure = ReplicaFailure(kind: .refused, state: .pending)
        return report
    }
}
