import DaemonKit
import Fleet
import Logging
import ReplicaLifecycle

/// Lets established connections to a replica end before it is stopped; without a switch that counts them, a time passes.
struct ReplicaDrain: Sendable {
    /// The longest that a brief drain takes.
    private static let brief: Int64 = 1000
    private static let pace = Span(milliseconds: 100)

    let desk: EndpointDesk
    let time: TimeSource
    let logger: Logger
    let tell: @Sendable (_ deployment: String, ReplicaEvent) -> Void

    /// Waits until nobody is connected to what the endpoint does not lead to any more, or the time is up; what a brief drain
    /// leaves is cut.
    ///
    /// - Parameter limit: how long a long drain may take.
    func drain(_ replica: RunningReplica, _ drain: Drain, limit: Span, attempt: ReplicaAttempt) async {
        let canCount = desk.kernel.refusal == nil
        let targets = replica.targets
        if canCount { await desk.leads(elsewhereThan: targets.map(\.port)) }
        let begun = time.elapsed().milliseconds
        var hurriedAt = drain == .brief ? begun : nil
        var told: Int?
        while !Task.isCancelled {
            if canCount, let count = await count(targets) {
                if count != told { say(count, replica) }
                told = count
                if count == 0 { return }
            }
            if hurriedAt == nil, attempt.isHurried { hurriedAt = time.elapsed().milliseconds }
            let end = begun + limit.milliseconds
            let hurried = hurriedAt.map { $0 + Self.brief }
            // Without the switch nobody can be seen to be gone: the runtime's own time is enough. But the process has the
            // endpoint's port itself, and load balancers are to see in time that it goes.
            let last = canCount ? hurried ?? end : max(min(hurried ?? end, end), begun + desk.notice.milliseconds)
            guard time.elapsed().milliseconds < last else { break }
            try? await time.sleep(Self.pace)
        }
        guard hurriedAt != nil, canCount, !Task.isCancelled else { return }
        await cut(targets, replica)
    }

    private func cut(_ targets: [EndpointTarget], _ replica: RunningReplica) async {
        var count = 0
        for target in targets {
            do {
                count += try await desk.kernel.cut(target)
            } catch {
                logger.warning("connections not cut", metadata: ["port": "\(target.port)", "why": "\(error)"])
            }
        }
        if count > 0 {
            logger.notice(
                "connections cut",
                metadata: ["deployment": "\(replica.ticket.deployment)", "connections": "\(count)"]
            )
        }
        if let left = await self.count(targets) { say(left, replica) }
    }

    /// `nil` when they cannot be counted.
    private func count(_ targets: [EndpointTarget]) async -> Int? {
        var count = 0
        for target in targets {
            guard let some = try? await desk.kernel.connections(to: target) else { return nil }
            count += some
        }
        return count
    }

    private func say(_ count: Int, _ replica: RunningReplica) {
        tell(replica.ticket.deployment, .connections(attempt: replica.ticket.attempt, count))
    }
}
