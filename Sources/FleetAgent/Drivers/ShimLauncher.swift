import Glibc
import ShimProtocol

/// Starts shims.
struct ShimLauncher: Sendable {
    /// The shim's program.
    let program: String

    /// The shim beside the agent's own program; throws `start` when it is not there.
    static func beside(own path: String? = nil) throws(AgentError) -> ShimLauncher {
        try ShimLauncher(program: path ?? defaultProgram()).checked()
    }

    private static func defaultProgram() -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes -> Int in
            guard let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress else { return 0 }
            return unsafe readlink("/proc/self/exe", start, bytes.count)
        }
        let own = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        return "\(FileAccess.parent(of: own))/muster-shim"
    }

    private func checked() throws(AgentError) -> ShimLauncher {
        guard access(program, X_OK) == 0 else {
            throw AgentError(
                .start,
                "\(program) cannot be executed: \(FileAccess.reason(errno)); install muster-shim beside muster-agent, "
                    + "or name it with --shim"
            )
        }
        return self
    }

    /// Writes the specification, runs the shim and returns when the model server runs. Blocks for some milliseconds.
    ///
    /// - Throws: `start` with the shim's own reason.
    func launch(_ specification: ShimSpecification) throws(AgentError) -> ShimHandle {
        guard let bytes = specification.bytes else {
            throw AgentError(.refused, "an argument or variable of the replica holds a NUL; remove it from the runtime")
        }
        let directory = specification.directory
        let path = "\(directory)/\(ShimFiles.specification)"
        try FileAccess.replace(path, with: bytes)
        let reasons = "\(directory)/launch.log"
        let status = try spawn([program, path], messages: reasons)
        guard status == 0 else {
            let said = try FileAccess.readText(reasons) ?? ""
            let reason =
                said.split(separator: "\n").first.map(String.init) ?? "muster-shim failed with status \(status)"
            throw AgentError(.start, reason)
        }
        guard let text = try FileAccess.readText("\(directory)/\(ShimFiles.handle)"),
            let handle = ShimHandle(text: text)
        else {
            throw AgentError(.start, "\(program) left no handle in \(directory); is it of this agent's version?")
        }
        return handle
    }

    /// Runs a program once, confined as a replica would be, in a session of its own; its process, which the caller waits
    /// for. What it prints stands in a file.
    func launchOnce(_ specification: ShimSpecification, at path: String, output: String) throws(AgentError) -> pid_t {
        guard let bytes = specification.bytes else {
            throw AgentError(.refused, "an argument or variable holds a NUL; remove it from the runtime")
        }
        try FileAccess.replace(path, with: bytes)
        return try begin([program, "--once", path], output: output, messages: output)
    }

    /// Runs a program to its end; the wait status. (The shim leaves the session by itself.)
    private func spawn(_ words: [String], messages: String) throws(AgentError) -> Int32 {
        let pid = try begin(words, output: "/dev/null", messages: messages)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw FileAccess.failure("wait for", program) }
        }
        return status
    }

    private func begin(_ words: [String], output: String, messages: String) throws(AgentError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, output == "/dev/null" ? O_WRONLY : flags, 0o600)
        if messages == output {
            unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 2, messages, flags, 0o600)
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { unsafe strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { unsafe free(argument) } }
        // The shim needs nothing of the agent's environment; the replica's own stands in the specification.
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var pid: pid_t = 0
        let failure = unsafe posix_spawn(&pid, program, &actions, nil, &arguments, &environment)
        guard failure == 0 else {
            throw AgentError(.start, "\(program) cannot be run: \(FileAccess.reason(failure)); check --shim")
        }
        return pid
    }
}
