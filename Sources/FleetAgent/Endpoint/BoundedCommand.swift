import CProcess
import Fleet
import Glibc

/// A program that is run to its end without a shell, within a time and an amount of output. It blocks: not for an event loop.
struct BoundedCommand: Sendable {
    /// How it ended, and what it said.
    struct Result: Sendable, Hashable {
        /// Its exit code; 128 and the signal's number when a signal ended it.
        var status: Int32
        /// What it wrote to standard output.
        var output: String
        /// The first line that it wrote to standard error.
        var complaint: String
    }

    /// Output that is kept, in bytes; a program that says more is killed.
    private static let outputLimit = 1 << 20

    /// The program's path.
    let program: String
    /// How long it may run.
    var limit = Span.seconds(10)

    /// Runs it once.
    ///
    /// - Throws: `endpoint` when it cannot be run, says too much, or takes too long.
    func run(_ arguments: [String], input: String = "") throws(AgentError) -> Result {
        let stdin = try file(holding: input)
        defer { close(stdin) }
        let stderr = try file(holding: "")
        defer { close(stderr) }
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw failure("cannot be run: \(FileAccess.reason(errno))") }
        defer { close(ends[0]) }
        let pid: pid_t
        do {
            defer { close(ends[1]) }
            pid = try spawn(arguments, stdin: stdin, stdout: ends[1], stderr: stderr)
        }
        let read = read(from: ends[0])
        if read.trouble != nil { kill(pid, SIGKILL) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        if let trouble = read.trouble { throw failure(trouble) }
        let signal = status & 0x7F
        var complaint = [UInt8](repeating: 0, count: 4096)
        let count = pread(stderr, &complaint, complaint.count, 0)
        let said = String(decoding: complaint[..<max(0, count)], as: UTF8.self)
        return Result(
            status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
            output: String(decoding: read.bytes, as: UTF8.self),
            complaint: String(said.split(separator: "\n").first ?? "")
        )
    }

    private func spawn(
        _ arguments: [String],
        stdin: Int32,
        stdout: Int32,
        stderr: Int32
    ) throws(AgentError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, number) in [(stdin, 0), (stdout, 1), (stderr, 2)] as [(Int32, Int32)] {
            unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, number)
        }
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { unsafe strdup($0) }
        words.append(nil)
        defer { for word in words { unsafe free(word) } }
        // No locale, no settings of the agent's: what it prints is read here.
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var pid: pid_t = 0
        let failure = unsafe posix_spawn(&pid, program, &actions, nil, &words, &environment)
        guard failure == 0 else { throw self.failure("cannot be run: \(FileAccess.reason(failure))") }
        return pid
    }

    /// Reads until the program has closed its standard output; what is wrong when it must be ended.
    private func read(from descriptor: Int32) -> (bytes: [UInt8], trouble: String?) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        let deadline = Self.now + limit.milliseconds
        while true {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let left = deadline - Self.now
            guard left > 0 else { return (bytes, "did not end within \(limit)") }
            guard poll(&waiting, 1, Int32(clamping: left)) > 0 else { continue }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return (bytes, nil) }
            bytes += buffer[..<count]
            guard bytes.count <= Self.outputLimit else { return (bytes, "said more than \(Self.outputLimit) bytes") }
        }
    }

    /// A file without a name.
    private func file(holding text: String) throws(AgentError) -> Int32 {
        let closeOnExec: UInt32 = 1
        let file = memfd_create("muster", closeOnExec)
        let bytes = Array(text.utf8)
        // Memory takes all of it at once, or has no room.
        guard file >= 0, write(file, bytes, bytes.count) == bytes.count, lseek(file, 0, SEEK_SET) == 0 else {
            throw failure("cannot be run: \(FileAccess.reason(errno))")
        }
        return file
    }

    private func failure(_ what: String) -> AgentError {
        AgentError(.endpoint, "\(program) \(what); run it by hand to see why")
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
