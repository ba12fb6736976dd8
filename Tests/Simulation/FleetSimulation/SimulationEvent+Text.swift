import Fleet
import SessionLifecycle

extension SimulationEvent {
    /// In a few words, for the story of a history; `nil` for what says nothing.
    var text: String? {
        switch self {
        case .powerOn(let host): "h-\(host) has power"
        case .agentStarts(let host): "h-\(host) starts its agent"
        case .diskFreed(let host): "h-\(host) may have space again"
        case .journalMended(let host): "h-\(host) may write its journal again"
        case .timer(let host, let deployment, _): "h-\(host) timer of d-\(deployment)"
        case .done(let host, let deployment, _, let work): "h-\(host) d-\(deployment) \(work.text)"
        case .processDies(let host, let deployment, let attempt): "h-\(host) d-\(deployment) attempt \(attempt) dies"
        case .processTurns(let host, let deployment, let attempt, let isReady):
            "h-\(host) d-\(deployment) attempt \(attempt) \(isReady ? "is ready" : "is not ready any more")"
        case .dial(let host, _): "h-\(host) dials"
        case .up(let host, let session, let message): "h-\(host) (\(session)) → \(message.text)"
        case .down(let host, let session, let message): "h-\(host) (\(session)) ← \(message.text)"
        case .linkLost(let host, let session): "h-\(host) (\(session)) loses its link"
        case .healed(let host, _): "h-\(host) can be reached again"
        case .controllerStarts: "the controller starts"
        case .fault(let fault): "fault \(fault)"
        case .lapse(let host, _): "h-\(host) lease"
        case .controllerTurn, .controllerWake, .command, .backup, .answers, .audit, .accepted: nil
        }
    }
}

extension SimulationEvent.ReplicaWork {
    fileprivate var text: String {
        switch self {
        case .staging: "staging ends"
        case .fetching: "fetches"
        case .pointing(let pointing): "endpoint \(pointing)"
        case .starting(let attempt, let revision, _): "starts attempt \(attempt) of revision \(revision.number)"
        case .adopting(let attempt): "adopts attempt \(attempt)"
        case .probing(let attempt, let revision): "probes attempt \(attempt) of revision \(revision.number)"
        case .stopping(let attempt): "stops attempt \(attempt)"
        case .detaching(let attempt): "detaches attempt \(attempt)"
        }
    }
}

extension SimulationEvent.UpMessage {
    fileprivate var text: String {
        switch self {
        case .hello(let hello): "hello at \(hello.assignment.epoch).\(hello.assignment.generation)"
        case .status(let report):
            "status \(report.sequence): "
                + report.replicas.map { replica in
                    let serving = replica.serving.map { "\($0.number)" } ?? "-"
                    let failure = replica.failure.map { " failure \($0.kind) in \($0.state)" } ?? ""
                    return "\(replica.deployment) item \(replica.item) \(replica.state) goal "
                        + "\(replica.goal.map { "\($0.number)" } ?? "-") serves \(serving)\(failure) "
                        + "(\(replica.reason ?? ""))"
                }.joined(separator: ", ")
        case .outbox(let facts):
            "facts " + facts.map { "\($0.sequence) \($0.kind)".prefix(60) }.joined(separator: ", ")
        }
    }
}

extension SimulationEvent.DownMessage {
    fileprivate var text: String {
        switch self {
        case .welcome(let welcome): "welcome, epoch \(welcome.epoch)"
        case .assignment(let assignment):
            "assignment \(assignment.version.epoch).\(assignment.version.generation): "
                + assignment.items.map { item in
                    "\(item.deployment) item \(item.number) \(item.order) \(item.revision.map { "\($0.number)" } ?? "-")"
                }.joined(separator: ", ")
        case .ack(let ack): "ack \(ack.status), \(ack.outbox)"
        case .goodbye: "goodbye"
        }
    }
}
