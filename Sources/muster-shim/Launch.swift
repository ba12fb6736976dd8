import CProcess
import Glibc
import ShimProtocol

/// From the agent's call to a shim that holds a running child.
enum Launch {
    /// Starts everything; the exit status of the process that the agent waits for.
    static func run(specificationAt path: String) -> Int32 {
        guard let specification = specification(at: path) else { return 2 }
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else {
            ShimError.tell(ShimError(cannot: "make a pipe").message)
            return 1
        }
        let shim = fork()
        guard shim != 0 else {
            close(ends[0])
            becomeShim(specification, report: ends[1])
        }
        close(ends[1])
        guard shim > 0 else {
            ShimError.tell(ShimError(cannot: "fork").message)
            return 1
        }
        // One byte 0 says that the child runs; anything else is the reason why it does not.
        let answer = Descriptor.readAll(ends[0]) ?? []
        guard answer != [0] else { return 0 }
        ShimError.tell(answer.isEmpty ? "the shim died while it started" : String(decoding: answer, as: UTF8.self))
        return 1
    }

    /// In the copy: prepares, starts the child, answers, and stays until the child has ended.
    private static func becomeShim(_ specification: ShimSpecification, report: Int32) -> Never {
        do {
            var holder = try hold(specification, report: report)
            _ = Descriptor.writeAll(report, [0])
            close(report)
            holder.run()
            exit(0)
        } catch {
            _ = Descriptor.writeAll(report, Array(error.message.utf8))
            exit(1)
        }
    }

    private static func hold(_ specification: ShimSpecification, report: Int32) throws(ShimError) -> Holder {
        setsid()
        umask(0o077)
        guard chdir(specification.directory) == 0 else {
            throw ShimError(cannot: "enter \(specification.directory)")
        }
        let log = open(specification.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw ShimError(cannot: "open the log \(specification.log)") }
        try leaveDescriptors(keeping: [log, report])
        guard cprocess_become_subreaper() == 0 else { throw ShimError(cannot: "become a subreaper") }
        let signals = try watchSignals()
        let listener = try Listener.bind(at: ShimFiles.socket)
        let pid = try spawn(specification, log: log)
        close(log)
        guard let child = ProcessTable.identity(of: pid), let shim = ProcessTable.identity(of: getpid()) else {
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            let exit = ShimExit(waitStatus: status)
            throw ShimError("'\(specification.arguments[0])' ended at once, with \(exit); see \(specification.log)")
        }
        let handle = ShimHandle(
            shim: shim,
            child: child,
            boot: specification.boot,
            startedAt: SystemClock.realtime
        )
        do {
            try Descriptor.replace(ShimFiles.handle, with: handle.text)
        } catch {
            kill(-pid, SIGKILL)
            throw error
        }
        return Holder(
            child: child,
            listener: listener,
            signals: signals,
            groups: specification.groups,
            log: specification.logLimit.map { ReplicaLog(path: specification.log, limit: $0) }
        )
    }

    /// stdin and stdout to nowhere, stderr to the shim's own messages; all else that the agent had open is closed.
    private static func leaveDescriptors(keeping kept: [Int32]) throws(ShimError) {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        let messages = open(ShimFiles.messages, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard null >= 0, messages >= 0, dup2(null, 0) == 0, dup2(null, 1) == 1, dup2(messages, 2) == 2 else {
            throw ShimError(cannot: "redirect the standard descriptors")
        }
        let highest = kept.max() ?? 2
        for descriptor in 3..<max(3, highest) where !kept.contains(descriptor) { close(descriptor) }
        _ = cprocess_close_from(UInt32(highest + 1))
    }

    /// The signals that the shim lives by, blocked and readable from a descriptor.
    private static func watchSignals() throws(ShimError) -> Int32 {
        // An ignored signal stays ignored over exec, and the agent ignores SIGPIPE.
        for number in 1..<SIGSYS where number != SIGKILL && number != SIGSTOP { signal(number, SIG_DFL) }
        signal(SIGPIPE, SIG_IGN)
        var watched = sigset_t()
        sigemptyset(&watched)
        for number in [SIGCHLD, SIGTERM, SIGINT, SIGHUP] { sigaddset(&watched, number) }
        guard sigprocmask(SIG_SETMASK, &watched, nil) == 0 else { throw ShimError(cannot: "block signals") }
        let descriptor = cprocess_signalfd(&watched)
        guard descriptor >= 0 else { throw ShimError(cannot: "watch signals") }
        return descriptor
    }

    /// Forks and executes; returns when the child runs the program, throws when it cannot.
    private static func spawn(_ specification: ShimSpecification, log: Int32) throws(ShimError) -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw ShimError(cannot: "make a pipe") }
        defer { close(ends[0]) }
        let confinement = Confinement(specification)
        let pid = fork()
        guard pid != 0 else {
            dup2(log, 1)
            dup2(log, 2)
            let step = confinement.become()
            let failure = UInt32(bitPattern: errno)
            var answer = (step.rawValue, UInt8(truncatingIfNeeded: failure), UInt8(truncatingIfNeeded: failure >> 8))
            write(ends[1], &answer, 3)
            _exit(127)
        }
        close(ends[1])
        guard pid > 0 else { throw ShimError(cannot: "fork") }
        let answer = Descriptor.readAll(ends[0]) ?? []
        guard answer.isEmpty else {
            let step = answer.first.flatMap(Confinement.Step.init(rawValue:)) ?? .execute
            let number = answer.dropFirst().enumerated().reduce(Int32(0)) {
                $0 | Int32($1.element) << Int32(8 * $1.offset)
            }
            throw ShimError("cannot \(step.text(specification)): \(ShimError.text(of: number))")
        }
        return pid
    }
}

extension Launch {
    /// Becomes the program, confined as a replica would be, with the caller's stdout and stderr: for a question that is
    /// asked once. Returns the exit status of a failure; the reason stands on stderr.
    ///
    /// - Parameter path: `-` for what stdin is, which the program does not get: a user who may not open the file may read it.
    static func once(specificationAt path: String) -> Int32 {
        guard let specification = specification(at: path) else { return 2 }
        if path == "-" {
            let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
            dup2(nothing, 0)
        }
        for number in 1..<SIGSYS where number != SIGKILL && number != SIGSTOP { signal(number, SIG_DFL) }
        umask(0o077)
        _ = cprocess_close_from(3)
        let step = Confinement(specification).become()
        let reason = ShimError.text(of: errno)
        ShimError.tell("cannot \(step.text(specification)): \(reason)")
        return 127
    }

    private static func specification(at path: String) -> ShimSpecification? {
        if let bytes = path == "-" ? Descriptor.readAll(0) : Descriptor.contents(of: path),
            let specification = ShimSpecification(bytes: bytes)
        {
            return specification
        }
        ShimError.tell(
            "\(path) cannot be read or is not a specification that this shim (\(ShimSpecification.format)) knows"
        )
        return nil
    }
}
