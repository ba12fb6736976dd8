/// Lines that are drawn over their predecessors on a terminal.
struct LiveScreen {
    private let terminal: Terminal
    private var shown = ""

    init(terminal: Terminal) {
        self.terminal = terminal
    }

    /// Draws a text in the place of the last one; nothing moves when it is the same.
    mutating func show(_ text: String) {
        guard text != shown else { return }
        let height = shown.isEmpty ? 0 : shown.split(separator: "\n", omittingEmptySubsequences: false).count
        // Up to the first line, then clear to the end of the screen (ECMA-48 CPL and ED).
        terminal.write((height > 0 ? "\u{1B}[\(height)F\u{1B}[J" : "") + text + "\n")
        shown = text
    }
}
