import Foundation

/// A terminal of its own with a program in it, looked at through tmux.
struct TerminalPane {
    private var tmux: MusterProgram
    private let socket: String

    /// Opens one.
    ///
    /// - Parameters:
    ///   - size: columns and rows.
    ///   - command: what runs in it, as a shell takes it.
    ///   - directory: where tmux keeps its socket.
    init(_ size: (columns: Int, rows: Int), running command: String, in directory: String) async throws {
        tmux = MusterProgram(environment: ["TMUX_TMPDIR": directory, "LC_ALL": "C.UTF-8", "HOME": directory])
        tmux.program = "/usr/bin/env"
        socket = "pane-\(UUID().uuidString.prefix(8))"
        // The server that tmux leaves behind would keep open what tells of a process's end, and block every signal as this
        // process's threads do, the one that ends it too: Python sees to both.
        let alone = """
            import signal,subprocess,sys
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            sys.exit(subprocess.run(sys.argv[1:]).returncode)
            """
        let start = ["-f", "/dev/null", "new-session", "-d", "-x", "\(size.columns)", "-y", "\(size.rows)", command]
        _ = try await tmux.run(words(start), through: ["/usr/bin/env", "python3", "-c", alone])
    }

    /// Presses keys, as tmux names them: `Tab`, `Enter`, or text.
    func type(_ keys: String...) async throws { _ = try await tmux.run(words(["send-keys"] + keys)) }

    /// What is on it once that holds; after some seconds what is on it then.
    ///
    /// - Parameter coloured: whether escape sequences are kept.
    func screen(coloured: Bool = false, once isThere: (String) -> Bool) async throws -> String {
        let limit = ContinuousClock.now + .seconds(20)
        var screen = ""
        repeat {
            screen = try await tmux.run(words(["capture-pane", "-p"] + (coloured ? ["-e"] : []))).output
        } while !isThere(screen) && ContinuousClock.now < limit
        return screen
    }

    /// Ends what runs in it.
    func close() async throws { _ = try await tmux.run(words(["kill-server"])) }

    private func words(_ arguments: [String]) -> [String] { ["tmux", "-u", "-L", socket] + arguments }
}
