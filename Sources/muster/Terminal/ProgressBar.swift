import Synchronization

/// A bar on one line of standard error that is redrawn as bytes move; told from any thread.
final class ProgressBar: Sendable {
    private let label: String
    private let terminal: Terminal
    private let shown: Mutex<String>

    /// A bar that draws nothing until it is told something.
    init(label: String, terminal: Terminal) {
        self.label = label
        self.terminal = terminal
        shown = Mutex("")
    }

    /// So many bytes of so many.
    func update(_ done: Int64, of total: Int64) {
        let line = Self.line(label, done: done, total: total)
        shown.withLock { shown in
            // Redrawing what is there already would only make the terminal flicker.
            guard line != shown else { return }
            shown = line
            terminal.write("\r\u{1B}[K\(line)", toError: true)
        }
    }

    /// Takes the bar away.
    func finish() {
        shown.withLock { shown in
            if !shown.isEmpty { terminal.write("\r\u{1B}[K", toError: true) }
            shown = ""
        }
    }

    /// `uploading  [#######-----]  58 %  1.2 MiB of 2.1 MiB`.
    static func line(_ label: String, done: Int64, total: Int64) -> String {
        let share = total > 0 ? min(1, Double(done) / Double(total)) : 1
        let filled = Int(share * 30)
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 30 - filled)
        return "\(label)  [\(bar)]  \(Int(share * 100)) %  \(Measure.bytes(done)) of \(Measure.bytes(total))"
    }
}
