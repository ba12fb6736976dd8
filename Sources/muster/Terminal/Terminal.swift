import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Where a command's words go, and what that place can do.
struct Terminal: Sendable {
    /// Whether standard output is a terminal that can move its cursor.
    var isInteractive: Bool
    /// The same for standard error.
    var errorIsInteractive: Bool
    /// Whether a person can be asked.
    var canAsk: Bool
    /// Colours on standard output.
    var style: TextStyle
    /// Colours on standard error.
    var errorStyle: TextStyle

    /// This process's.
    static let current = Terminal(
        outputIsTerminal: isatty(STDOUT_FILENO) == 1,
        errorIsTerminal: isatty(STDERR_FILENO) == 1,
        inputIsTerminal: isatty(STDIN_FILENO) == 1,
        environment: ProcessInfo.processInfo.environment
    )

    /// Decides by what is a terminal and by NO_COLOR (no-color.org) and TERM.
    init(outputIsTerminal: Bool, errorIsTerminal: Bool, inputIsTerminal: Bool, environment: [String: String]) {
        let isDumb = ["", "dumb"].contains(environment["TERM"] ?? "")
        let wantsColour = (environment["NO_COLOR"] ?? "").isEmpty && !isDumb
        isInteractive = outputIsTerminal && !isDumb
        errorIsInteractive = errorIsTerminal && !isDumb
        canAsk = inputIsTerminal && outputIsTerminal
        style = TextStyle(isColoured: outputIsTerminal && wantsColour)
        errorStyle = TextStyle(isColoured: errorIsTerminal && wantsColour)
    }

    /// Columns and rows of the terminal now; 80 × 24 when it does not tell.
    var size: (columns: Int, rows: Int) { Self.size(of: STDOUT_FILENO) ?? (80, 24) }

    /// The same of any descriptor; `nil` where there is no terminal.
    private static func size(of descriptor: Int32) -> (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Prints on standard output; a newline is added where it is missing.
    func say(_ text: String) {
        guard !text.isEmpty else { return }
        Self.put(text.hasSuffix("\n") ? text : text + "\n", to: .standardOutput)
    }

    /// Prints words, not a table: on a terminal long lines are folded between words.
    func tell(_ text: String) { say(Self.fold(text, for: STDOUT_FILENO)) }

    /// Prints words on standard error, folded on a terminal.
    func complain(_ text: String) {
        Self.put(Self.fold(text, for: STDERR_FILENO) + "\n", to: .standardError)
    }

    private static func fold(_ text: String, for descriptor: Int32) -> String {
        size(of: descriptor).map { FoldedText.fold(text, columns: $0.columns) } ?? text
    }

    /// Prints without adding anything: cursor movements and prompts.
    func write(_ text: String, toError: Bool = false) {
        Self.put(text, to: toError ? .standardError : .standardOutput)
    }

    /// Whoever read has gone (`muster top -w | head`): ends as by SIGPIPE, which is ignored here for the connections' sake.
    private static func put(_ text: String, to handle: FileHandle) {
        do {
            try handle.write(contentsOf: Data(text.utf8))
        } catch {
            exit(128 + SIGPIPE)
        }
    }
}
