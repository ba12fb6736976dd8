import DaemonKit
package import Fleet
import Logging
import NIOCore
import ReplicaLifecycle

/// The supervising loop: owner of one machine a deployment, of the journal, and of everything that machines order.
///
/// One loop takes one event after the other; what takes time runs in tasks of its group, whose results are events again.
/// When its task is cancelled the replicas go on: the next agent finds them.
package final class Supervisor: Sendable {
    /// What others may ask for: bounded by what they can have under way, a few for each of 64 replicas.
    private static let mailboxLimit = 4096

    let files: AgentFiles
    let worker: ReplicaWorker
    let driver: ProcessDriver
    let bundles: BundleStore
    let board: HostBoard
    let group: any EventLoopGroup
    let time: TimeSource
    let logger: Logger
    private let events: AsyncStream<SupervisorEvent>
    private let mailbox: AsyncStream<SupervisorEvent>.Continuation

    /// A loop that has not started.
    init(
        files: AgentFiles,
        driver: ProcessDriver,
        bundles: BundleStore,
        board: HostBoard,
        group: any EventLoopGroup,
        time: TimeSource,
        logger: Logger
    ) {
        let (events, mailbox) = AsyncStream.makeStream(
            of: SupervisorEvent.self,
            bufferingPolicy: .bufferingOldest(Self.mailboxLimit)
        )
        self.files = files
        self.driver = driver
        self.bundles = bundles
        self.board = board
        self.group = group
        self.time = time
        self.logger = logger
        self.events = events
        self.mailbox = mailbox
        worker = ReplicaWorker(
            driver: driver,
            bundles: bundles,
            http: HTTPProbe(address: driver.settings.address, group: group),
            time: time,
            logger: logger,
            tell: { mailbox.yield(.replica(deployment: $0, $1)) }
        )
    }

    /// Hands over an assignment. Older ones than the newest are ignored.
    package func assign(_ assignment: Assignment) { mailbox.yield(.assigned(assignment)) }

    /// Asks for a lease: the board tells it when the loop has come to it.
    package func leaseDue() { mailbox.yield(.leaseDue) }

    /// The controller has stored facts.
    package func outboxAcknowledged(through sequence: UInt64) {
        mailbox.yield(.outboxAcknowledged(through: sequence))
    }

    /// Runs until its task is cancelled.
    ///
    /// - Throws: `AgentError` when the journal cannot be read or written: without it nothing may be changed.
    package func run() async throws {
        var turns = SupervisorTurns(
            supervisor: self,
            journal: try Journal(path: files.journal),
            wake: { [mailbox] in mailbox.yield(.timer) }
        )
        let found = await driver.found()
        try await withThrowingDiscardingTaskGroup { tasks in
            for effect in try turns.begin(found: found) { tasks.addTask { await effect() } }
            for await event in events {
                for effect in try turns.take(event) { tasks.addTask { await effect() } }
            }
            turns.end()
            tasks.cancelAll()
        }
    }
}
