import DaemonKit
import Fleet
import Logging

/// Answers what is asked on the host itself.
struct LocalDesk: Sendable {
    let settings: AgentIdentity.Settings
    let host: any LocalHost
    let presence: ControllerPresence
    let time: TimeSource
    let logger: Logger

    /// The answer to one request.
    func answer(_ request: LocalRequest) async -> LocalAnswer {
        let report = await host.localReport()
        if request.verb == .status { return LocalAnswer(status: status(report, await host.localReplicas())) }
        guard let name = request.deployment, let replica = report.replicas.first(where: { $0.name == name }) else {
            return LocalAnswer(refused: unknown(request.deployment ?? "", report))
        }
        guard let order = order(request) else {
            return LocalAnswer(
                refused: "muster-agent \(request.verb.rawValue) \(name) needs a reason, which the fleet will see; "
                    + "add --reason TEXT"
            )
        }
        if let refusal = await host.carryOut(order, on: replica.deployment) { return LocalAnswer(refused: refusal) }
        logger.notice(
            "ordered on the host",
            metadata: ["verb": "\(request.verb.rawValue)", "deployment": "\(name)", "by": "\(request.actor ?? "?")"]
        )
        return LocalAnswer(done: done(order, name))
    }

    private func order(_ request: LocalRequest) -> LocalOrder? {
        let actor = request.actor ?? "somebody"
        if request.verb == .unpin { return .unpin(actor: actor) }
        guard let reason = request.reason, !reason.isEmpty else { return nil }
        let pin = LocalPin(actor: actor, reason: reason, since: time.now())
        return request.verb == .rollback ? .rollback(pin) : .pin(pin)
    }

    private func done(_ order: LocalOrder, _ name: String) -> String {
        switch order {
        case .pin:
            "'\(name)' is pinned: nothing moves but restarts of what serves, until `muster-agent unpin \(name)`"
        case .unpin: "'\(name)' is no longer pinned: it follows the controller"
        case .rollback:
            "'\(name)' goes back, and is pinned there until `muster-agent unpin \(name)`; "
                + "`muster-agent status` shows how it gets on"
        }
    }

    private func unknown(_ name: String, _ report: HostReport) -> String {
        let names = report.replicas.map(\.name).sorted()
        guard !names.isEmpty else { return "there is no deployment on this host yet; the controller assigns them" }
        let near = NearestName.of(name, among: names).map { "did you mean '\($0)'? " } ?? ""
        return "there is no deployment '\(name)' on this host; \(near)there are: \(names.joined(separator: ", "))"
    }

    private func status(_ report: HostReport, _ details: [String: LocalReplica]) -> LocalStatus {
        LocalStatus(
            host: settings.name,
            controller: "\(settings.controllerHost):\(settings.controllerPort)",
            isConnected: presence.isThere,
            assignment: report.assignment,
            facts: report.facts,
            replicas: report.replicas,
            details: details
        )
    }
}
