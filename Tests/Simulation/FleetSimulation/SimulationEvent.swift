import Fleet
import ReplicaLifecycle
import SessionLifecycle

/// Something that happens in a history. Numbers of hosts and of deployments are indices; `life` is that of an agent, a
/// session or a controller: what belongs to an older one does not happen any more.
enum SimulationEvent {
    // Hosts.
    case powerOn(host: Int)
    case agentStarts(host: Int)
    case diskFreed(host: Int)
    case journalMended(host: Int)
    case timer(host: Int, deployment: Int, life: Int)
    case done(host: Int, deployment: Int, life: Int, ReplicaWork)
    case processDies(host: Int, deployment: Int, attempt: UInt64)
    case processTurns(host: Int, deployment: Int, attempt: UInt64, isReady: Bool)
    // The network.
    case dial(host: Int, life: Int)
    case up(host: Int, session: Int, UpMessage)
    case down(host: Int, session: Int, DownMessage)
    case linkLost(host: Int, session: Int)
    case healed(host: Int, token: Int)
    // The controller.
    case controllerStarts
    case controllerTurn(life: Int)
    case controllerWake(life: Int)
    case lapse(host: Int, life: Int)
    // Chance and people.
    case fault(SimulationFault)
    case command
    case backup
    case answers
    case audit
    /// A while ago a person's change of a deployment was accepted.
    case accepted(deployment: Int)

    /// What an agent has begun, and that ends now.
    enum ReplicaWork {
        case staging(Digest, token: Int)
        case fetching(token: Int)
        case pointing(Pointing)
        case starting(attempt: UInt64, Revision, Endpoint?)
        case adopting(attempt: UInt64)
        case probing(attempt: UInt64, Revision)
        case stopping(attempt: UInt64)
        case detaching(attempt: UInt64)
    }

    /// From an agent.
    enum UpMessage {
        case hello(HostSession.Hello)
        case status(HostReport)
        case outbox([HostOutcome])
    }

    /// From the controller.
    enum DownMessage {
        case welcome(AgentSession.Welcome)
        case assignment(Assignment)
        case ack(AgentSession.Ack)
        case goodbye(Span)
    }
}
