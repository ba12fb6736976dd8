package import DaemonKit
import Fleet
package import Logging
import Synchronization

/// Answers what the controller asks of this host while somebody waits: one `Answer` stream each, on the bulk connection.
///
/// It holds nothing while nobody asks. So many requests are answered at once, each with one piece of a file in its hands
/// and no faster than the stream takes it; more are not taken, as the controller knows.
package final class AnswerDesk: Sendable {
    /// The most requests that are answered at once: the controller's own bound, and room for those whose end it has not
    /// heard of.
    static let limit = 4

    private struct Order: Sendable {
        let id: String
        let request: HostRequest
        let cancellation: Cancellation
    }

    private let uplink: AnswerUplink
    private let sources: AnswerSources
    private let time: TimeSource
    private let logger: Logger
    private let orders: AsyncStream<Order>
    private let mailbox: AsyncStream<Order>.Continuation
    private let open = Mutex<[String: Cancellation]>([:])

    /// A desk where nobody has asked yet.
    package init(bulk: BulkConnection, time: TimeSource = .system, logger: Logger, sources: AnswerSources) {
        uplink = AnswerUplink(bulk: bulk, time: time)
        self.sources = sources
        self.time = time
        self.logger = logger
        (orders, mailbox) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.limit))
    }

    /// Takes a request, or the word that nobody waits for one any more. Never waits.
    func take(_ id: String, _ request: HostRequest) {
        if case .cancel = request {
            open.withLock { $0[id] }?.cancel()
            return
        }
        let order = Order(id: id, request: request, cancellation: Cancellation())
        let isTaken = open.withLock { open in
            guard open.count < Self.limit, open[id] == nil else { return false }
            open[id] = order.cancellation
            return true
        }
        guard isTaken else { return logger.warning("more is asked than this host answers at once") }
        mailbox.yield(order)
    }

    /// Nobody waits for anything any more: the session is over.
    func sessionLost() {
        for cancellation in open.withLock({ Array($0.values) }) { cancellation.cancel() }
    }

    /// Answers until its task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await order in orders {
                group.addTask {
                    await self.answer(order)
                    self.open.withLock { _ = $0.removeValue(forKey: order.id) }
                }
            }
            group.cancelAll()
        }
    }

    private func answer(_ order: Order) async {
        do {
            _ = try await order.cancellation.run { try await self.carry(order) }
        } catch is CancellationError {
        } catch {
            logger.info("an answer ended early", metadata: ["why": "\(error)"])
        }
    }

    private func carry(_ order: Order) async throws {
        switch order.request {
        case .logs(let query):
            let log = LogAnswer(query: query, place: sources.log(query.deployment), time: time)
            try await uplink.carry(
                order.id,
                prepare: { try await log.begin() },
                pump: { try await log.send($0, into: $1) }
            )
        case .inspect:
            let answer = InspectionAnswer(sources: sources)
            try await uplink.carry(
                order.id,
                prepare: { try await answer.document() },
                pump: { try await InspectionAnswer.send($0, into: $1) }
            )
        case .supportBundle(let redacted):
            let answer = SupportAnswer(sources: sources, redacts: redacted)
            try await uplink.carry(order.id, prepare: {}, pump: { _, duplex in try await answer.send(into: duplex) })
        case .cancel: break
        }
    }
}
