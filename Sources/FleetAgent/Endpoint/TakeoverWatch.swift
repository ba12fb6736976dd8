import DaemonKit
import Fleet
import ReplicaLifecycle

/// Tells of programs that listen on a port that an endpoint has taken over from them: somebody is to stop them one day.
struct TakeoverWatch: Sendable {
    /// How often it is looked.
    static let tick = Span.seconds(5)

    let host: String
    /// By the deployment's uid.
    let records: @Sendable () -> [String: ReplicaRecord]
    /// Who listens on a port besides the endpoint, and how many connections they have.
    let others: @Sendable (UInt16) throws -> TCPSockets.Others?
    let tell: @Sendable ([String]) -> Void
    let time: TimeSource

    /// Runs until its task is cancelled. It asks the kernel nothing while no port is taken over.
    func run() async {
        repeat { tell(warnings()) } while (try? await time.sleep(Self.tick)) != nil
    }

    /// What there is to tell, a line a port.
    func warnings() -> [String] {
        records().values.compactMap { record -> String? in
            guard record.serving != nil, let port = record.endpoint?.port, record.mayTakeOver(port),
                let others = try? others(port)
            else { return nil }
            return Self.text(port: port, host: host, others: others, deployment: record.item?.name ?? record.deployment)
        }.sorted()
    }

    static func text(port: UInt16, host: String, others: TCPSockets.Others, deployment: String) -> String {
        let next =
            switch others.connections {
            case 0: "none of its connections to this port is left, and it can be stopped"
            case 1: "stop it when its connections have ended: 1 is left"
            case let count: "stop it when its connections have ended: \(count) are left"
            }
        return "port \(port) on \(host) is also listened on by \(others.owner): it gets no new connections while "
            + "deployment '\(deployment)' serves there; \(next)"
    }
}
