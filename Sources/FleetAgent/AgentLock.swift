import Glibc

/// One agent at a time in a data directory: held while the process lives, by the kernel.
struct AgentLock: ~Copyable {
    private let file: Int32

    /// Takes the lock. Throws `files` when another agent has it.
    init(_ files: AgentFiles) throws(AgentError) {
        file = open(files.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileAccess.failure("write", files.lock) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            throw AgentError(
                .files,
                "another muster-agent runs with the data directory \(files.directory); stop it first, "
                    + "or choose another --data"
            )
        }
    }

    deinit {
        if file >= 0 { close(file) }
    }
}
