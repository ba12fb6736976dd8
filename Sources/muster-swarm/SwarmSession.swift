import DaemonKit
import Fleet
import FleetProtocol
import NIOCore
import RPCTransport
import SessionLifecycle

/// One simulated agent's control session: the owner of a real `AgentSession`. It serves nothing, acknowledges every
/// assignment, and says what its `SwarmHost` does. Confined to its connection's event loop.
final class SwarmSession: RPCClientStreamHandler {
    private let identity: SwarmIdentity
    private let pace: SwarmPace
    private var host: SwarmHost
    private let recorder: LoopRecorder
    private let connection: RPCClientConnection
    private let dialled: NIODeadline
    private let ready: EventLoopPromise<Void>

    private var machine = AgentSession(statusSequence: 0)
    private var stream: RPCClientStream?
    private var timer: Scheduled<Void>?
    private var hostTimer: (due: Instant, scheduled: Scheduled<Void>)?
    private var leases = CircularBuffer<(number: UInt64, sent: NIODeadline)>()
    private var assignment = AssignmentVersion.none
    private var isEstablished = false
    private var isClosing = false

    init(
        identity: SwarmIdentity,
        pace: SwarmPace,
        timing: SwarmTiming,
        recorder: LoopRecorder,
        connection: RPCClientConnection,
        dialled: NIODeadline
    ) {
        self.identity = identity
        self.pace = pace
        host = SwarmHost(timing)
        self.recorder = recorder
        self.connection = connection
        self.dialled = dialled
        ready = connection.eventLoop.makePromise()
    }

    /// Opens the session and says Hello.
    /// - Returns: succeeds with the Welcome, fails when the session ends before it.
    func begin() -> EventLoopFuture<Void> {
        stream = connection.open(path: LinkMethod.session, handler: self)
        send {
            $0.hello.protocolMin = LinkProtocol.oldest
            $0.hello.protocolMax = LinkProtocol.newest
            // It has no logs.
            $0.hello.capabilities = LinkProtocol.capabilities & ~LinkProtocol.requests
            $0.hello.instanceID = identity.instanceID
            $0.hello.machineID = identity.machineID
            $0.hello.boot = identity.instanceID
            $0.hello.agentVersion = BuildInfo.version
        }
        return ready.futureResult
    }

    func received(message: ByteBuffer) {
        guard let message = try? WireFromController(buffer: message) else {
            return lose("the controller sent a message that cannot be read")
        }
        switch message.body {
        case .ack(let ack): acknowledged(ack)
        case .welcome(let welcome): welcomed(welcome)
        case .assignment(let assignment): assigned(assignment)
        case .goodbye(let goodbye): lose("goodbye: \(goodbye.reason)")
        case .request, nil: break
        }
    }

    func finished(_ status: RPCStatus, trailers: RPCMetadata) {
        lose("\(status)")
    }

    private func welcomed(_ welcome: WireWelcome) {
        let actions = machine.welcomed(
            AgentSession.Welcome(
                version: welcome.protocol,
                epoch: welcome.epoch,
                leaseInterval: Span(milliseconds: Int64(welcome.leaseIntervalMs)),
                outboxAcknowledged: welcome.outboxAcknowledged
            )
        )
        isEstablished = true
        recorder.sessionEstablished(after: (NIODeadline.now() - dialled).nanoseconds)
        perform(actions)
        ready.succeed()
        switch pace {
        case .asFastAsPossible(let inflight): for _ in 1..<max(1, inflight) { perform(machine.leaseDue()) }
        case .every(let interval): schedule(in: .nanoseconds(.random(in: 0...interval.nanoseconds)))
        case .asWelcomed: scheduleAsWelcomed()
        }
    }

    private func acknowledged(_ ack: WireAck) {
        let now = NIODeadline.now()
        var answered = 0
        while let first = leases.first, first.number <= ack.lease {
            leases.removeFirst()
            answered += 1
            recorder.leaseAnswered(after: (now - first.sent).nanoseconds)
        }
        perform(machine.acknowledged(AgentSession.Ack(status: ack.status, outbox: ack.outbox, resync: ack.resync)))
        guard case .asFastAsPossible = pace else { return }
        for _ in 0..<answered { perform(machine.leaseDue()) }
    }

    private func assigned(_ wire: WireAssignment) {
        recorder.assignmentReceived()
        guard let read = try? wire.assignment() else {
            return lose("the controller sent an assignment that cannot be read")
        }
        assignment = read.version
        let now = TimeSource.system.now()
        host.take(read, at: now)
        for stage in [WireAssignmentAck.Stage.received, .applied] {
            send {
                $0.assignmentAck.version = wire.version
                $0.assignmentAck.stage = stage
            }
        }
        hostChanged(now)
    }

    /// Says what has become of the host, and wakes it when it is time to.
    private func hostChanged(_ now: Instant) {
        for milestone in host.takeMilestones() { recorder.passed(milestone, at: now) }
        perform(machine.statusChanged())
        perform(machine.outboxGrew(through: host.newestOutcome))
        guard let due = host.deadline else {
            hostTimer?.scheduled.cancel()
            hostTimer = nil
            return
        }
        if let hostTimer, hostTimer.due == due { return }
        hostTimer?.scheduled.cancel()
        let delay = TimeAmount.milliseconds(max(0, (due - now).milliseconds))
        let scheduled = connection.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            hostTimer = nil
            guard !isClosing else { return }
            let now = TimeSource.system.now()
            host.timerFired(at: now)
            hostChanged(now)
        }
        hostTimer = (due, scheduled)
    }

    private func perform(_ actions: [AgentSession.Action]) {
        for action in actions {
            switch action {
            case .sendLease(let number): sendLease(number)
            case .sendStatus(let sequence): sendStatus(sequence)
            case .releaseOutbox(let through): host.outcomesStored(through: through)
            case .sendOutbox(let after): sendOutbox(after: after)
            case .close: lose("the controller speaks another protocol")
            }
        }
    }

    private func sendLease(_ number: UInt64) {
        leases.append((number, .now()))
        send {
            $0.lease.number = number
            $0.lease.progress = number
            $0.lease.statusSequence = machine.statusSequence
        }
    }

    private func sendOutbox(after sequence: UInt64) {
        let outcomes = host.outbox.filter { $0.sequence > sequence }
        guard !outcomes.isEmpty else { return }
        send { $0.outbox.outcomes = outcomes.map { WireOutcome($0) } }
    }

    private func sendStatus(_ sequence: UInt64) {
        let facts = HostFacts(
            agentVersion: BuildInfo.version,
            user: "swarm",
            isRoot: false,
            address: "127.0.0.1",
            kernel: "simulated",
            processors: 1,
            memory: 1 << 30,
            boot: identity.instanceID
        )
        let report = HostReport(sequence: sequence, assignment: assignment, facts: facts, replicas: host.reports)
        send { $0.status = WireStatus(report) }
    }

    private func schedule(in delay: TimeAmount) {
        timer = connection.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            perform(machine.leaseDue())
            if case .every(let interval) = pace { schedule(in: interval) } else { scheduleAsWelcomed() }
        }
    }

    private func scheduleAsWelcomed() {
        guard let interval = machine.leaseInterval else { return }
        let now = Instant(milliseconds: 0)
        let next = LeaseRule(interval: interval).nextLease(after: now, random: .random(in: 0..<1))
        schedule(in: .milliseconds(next.milliseconds))
    }

    private func send(_ fill: (inout WireFromAgent) -> Void) {
        var message = WireFromAgent()
        fill(&message)
        stream?.send(message: message.buffer())
    }

    private func lose(_ reason: String) {
        guard !isClosing else { return }
        isClosing = true
        timer?.cancel()
        hostTimer?.scheduled.cancel()
        stream?.cancel()
        stream = nil
        connection.close()
        if isEstablished {
            recorder.sessionLost(reason)
        } else {
            ready.fail(SwarmError(reason))
        }
    }
}
