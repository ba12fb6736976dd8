import Fleet
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The editor that a person has chosen, run on the terminal that they sit at.
struct Editor {
    /// A word of a shell: it may bring options, like `code --wait`.
    let command: String

    /// `$MUSTER_EDITOR`, else `$VISUAL`, else `$EDITOR`, else `vi`.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let chosen = ["MUSTER_EDITOR", "VISUAL", "EDITOR"].lazy.compactMap { environment[$0] }
        command = chosen.first { !$0.allSatisfy(\.isWhitespace) } ?? "vi"
    }

    /// Opens a file and waits until the editor ends; nothing else happens in this process meanwhile.
    ///
    /// Foundation's `Process` gives a child a process group of its own, and so no terminal: hence `posix_spawn`.
    ///
    /// - Throws: `CommandFailure` when it cannot be started, or does not end with 0.
    func edit(_ path: String) throws {
        // As system(3) does: Ctrl-C is the editor's.
        let before = [SIGINT, SIGQUIT].map { ($0, signal($0, SIG_IGN)) }
        defer { for (number, handler) in before { _ = signal(number, handler) } }
        let status = try wait(for: try start(path))
        guard status == 0 else { throw failure(status == 127 ? "was not found" : "ended with \(status)") }
    }

    private func start(_ path: String) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // SIGPIPE is ignored here for the connections' sake.
        var usual = sigset_t()
        sigemptyset(&usual)
        for number in [SIGINT, SIGQUIT, SIGPIPE] { sigaddset(&usual, number) }
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        let texts = ["/bin/sh", "-c", "\(command) \"$1\"", "sh", path]
        let words = texts.map { text in strdup(text) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        let error = posix_spawn(&process, "/bin/sh", nil, &attributes, words, environ)
        guard error == 0 else { throw failure("cannot be started: \(String(cString: strerror(error)))") }
        return process
    }

    private func wait(for process: pid_t) throws -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { throw failure("is not a child of this program any more") }
        }
        // wait(2): the low seven bits are the signal, if there was one.
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }

    private func failure(_ why: String) -> CommandFailure {
        CommandFailure(
            .editor,
            "the editor '\(command)' \(why); nothing was changed",
            hint: "choose one with MUSTER_EDITOR, VISUAL or EDITOR, for example: EDITOR=nano"
        )
    }
}
