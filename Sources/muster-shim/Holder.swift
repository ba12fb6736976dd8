import CProcess
import Glibc
import ShimProtocol

/// Holds one child: answers agents that come and go, stops it when told, and leaves its exit on disk.
struct Holder {
    /// An agent at the other end of the socket.
    private struct Client {
        var descriptor: Int32
        var received: [UInt8] = []
        var isWatching = false
    }

    /// The most agents at a time: one, and people who look.
    private static let clientLimit = 8
    /// How long a child may live after a SIGTERM that the shim itself was sent, in milliseconds.
    private static let ownGrace: Int64 = 30_000
    /// How often the exit record is tried again when the disk refuses it, in milliseconds.
    private static let recordInterval: Int64 = 5_000

    /// How often, 2 ms apart, what is left after the child's end is killed again, since it may have forked meanwhile.
    private static let sweeps = 100

    private let child: ProcessIdentity
    private let listener: Int32
    private let signals: Int32
    /// The control groups that the child and all that it starts are in.
    private let groups: [String]
    private let log: ReplicaLog?
    /// When the log is looked at; monotonic milliseconds.
    private var logDue = SystemClock.monotonic
    private var clients: [Client] = []
    private var isStopping = false
    /// When the whole group is killed; monotonic milliseconds.
    private var killAt: Int64?
    private var exited: ShimExitRecord?
    private var isRecorded = false
    private var isCollected = false

    init(child: ProcessIdentity, listener: Int32, signals: Int32, groups: [String], log: ReplicaLog?) {
        self.child = child
        self.listener = listener
        self.signals = signals
        self.groups = groups
        self.log = log
    }

    /// Returns when the child has ended and its exit is on disk, or an agent has heard of it.
    mutating func run() {
        reap()
        while !(exited != nil && (isRecorded || isCollected)) {
            wait()
        }
        unlink(ShimFiles.socket)
    }

    private mutating func wait() {
        var descriptors = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
        descriptors.append(pollfd(fd: signals, events: Int16(POLLIN), revents: 0))
        descriptors += clients.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        let count = poll(&descriptors, nfds_t(descriptors.count), timeout)
        if let killAt, SystemClock.monotonic >= killAt { killAll() }
        if exited != nil && !isRecorded { record() }
        if SystemClock.monotonic >= logDue { checkLog() }
        guard count > 0 else { return }
        if descriptors[1].revents != 0 { takeSignals() }
        for client in descriptors[2...] where client.revents != 0 { receive(from: client.fd) }
        if descriptors[0].revents != 0 { accept() }
    }

    private var timeout: Int32 {
        if exited != nil { return Int32(Self.recordInterval) }
        guard let due = [killAt, log == nil ? nil : logDue].compactMap(\.self).min() else { return -1 }
        return Int32(clamping: max(0, due - SystemClock.monotonic))
    }

    private mutating func checkLog() {
        log?.check()
        logDue = SystemClock.monotonic + ReplicaLog.interval
    }

    private mutating func takeSignals() {
        var info = signalfd_siginfo()
        while read(signals, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
            if info.ssi_signo != UInt32(SIGCHLD) && info.ssi_signo != UInt32(SIGHUP) {
                stop(signal: SIGTERM, grace: Self.ownGrace)
            }
        }
        reap()
    }

    /// Takes the exits of the child and of orphans that came to the subreaper.
    private mutating func reap() {
        var info = siginfo_t()
        // Looked at before it is taken: until then neither its number nor its group's can be used again.
        while waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0, cprocess_pid(&info) != 0 {
            let pid = cprocess_pid(&info)
            if pid == child.pid { kill(-pid, SIGKILL) }
            var status: Int32 = 0
            guard waitpid(pid, &status, 0) == pid else { return }
            if pid == child.pid { ended(ShimExit(waitStatus: status)) }
            info = siginfo_t()
        }
    }

    private mutating func ended(_ exit: ShimExit) {
        sweep()
        let record = ShimExitRecord(exit: exit, at: SystemClock.realtime)
        exited = record
        killAt = nil
        self.record()
        for client in clients where client.isWatching {
            if Descriptor.writeAll(client.descriptor, Array(ShimReply.exited(record).line.utf8)) { isCollected = true }
        }
    }

    /// Ends what the child has left behind: descendants that left its group have become our children, or are in its
    /// control group.
    private func sweep() {
        for _ in 0..<Self.sweeps {
            let left = Set(ProcessTable.children() + (groups.first.map(ProcessTable.members(of:)) ?? []))
            guard !left.isEmpty else { return }
            for pid in left { kill(pid, SIGKILL) }
            while waitpid(-1, nil, WNOHANG) > 0 {}
            usleep(2000)
        }
    }

    private mutating func record() {
        guard let exited else { return }
        do {
            try Descriptor.replace(ShimFiles.exit, with: exited.text)
            isRecorded = true
        } catch  where error.number == ENOENT {
            // Somebody has removed the replica's directory: there is nobody to tell.
            isRecorded = true
        } catch {
            ShimError.tell(error.message)
        }
    }

    private mutating func accept() {
        let descriptor = cprocess_accept(listener)
        guard descriptor >= 0 else { return }
        guard clients.count < Self.clientLimit else {
            _ = Descriptor.writeAll(descriptor, Array(ShimReply.refused("too many connections").line.utf8))
            close(descriptor)
            return
        }
        clients.append(Client(descriptor: descriptor))
    }

    private mutating func receive(from descriptor: Int32) {
        guard let index = clients.firstIndex(where: { $0.descriptor == descriptor }) else { return }
        var buffer = [UInt8](repeating: 0, count: ShimRequest.lineLimit)
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
        guard count > 0 else { return drop(descriptor) }
        clients[index].received += buffer[..<count]
        while let end = clients[index].received.firstIndex(of: 0x0A) {
            let line = String(decoding: clients[index].received[..<end], as: UTF8.self)
            clients[index].received.removeSubrange(...end)
            guard answer(line, at: index) else { return drop(descriptor) }
        }
        if clients[index].received.count > ShimRequest.lineLimit { drop(descriptor) }
    }

    private mutating func answer(_ line: String, at index: Int) -> Bool {
        switch ShimRequest(line: line) {
        case .status: break
        case .watch: clients[index].isWatching = true
        case .stop(let signal, let grace): stop(signal: signal, grace: grace)
        case nil:
            let refusal = ShimReply.refused("this shim speaks \(ShimSpecification.format): status, watch, stop")
            return Descriptor.writeAll(clients[index].descriptor, Array(refusal.line.utf8))
        }
        return Descriptor.writeAll(clients[index].descriptor, Array(level.line.utf8))
    }

    private var level: ShimReply {
        if let exited { return .exited(exited) }
        return isStopping ? .stopping(child) : .running(child)
    }

    private mutating func drop(_ descriptor: Int32) {
        close(descriptor)
        clients.removeAll { $0.descriptor == descriptor }
    }

    /// A second call may only shorten the grace.
    private mutating func stop(signal: Int32, grace: Int64) {
        guard exited == nil else { return }
        isStopping = true
        let deadline = SystemClock.monotonic + grace
        killAt = min(killAt ?? deadline, deadline)
        kill(-child.pid, signal)
    }

    private mutating func killAll() {
        killAt = nil
        kill(-child.pid, SIGKILL)
    }
}
