/// A process that cannot be mistaken for a later one with the same number.
package struct ProcessIdentity: Hashable, Sendable {
    /// The process id.
    package var pid: Int32
    /// When it was started, in clock ticks since the boot: field 22 of `/proc/PID/stat` (proc(5)).
    package var startTime: UInt64

    /// A process.
    package init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// Reads the text of `/proc/PID/stat`; `nil` when it is not such a text, or when the process is a zombie (`Z`, `X`).
    package init?(stat text: String) {
        // The second field is a name in parentheses that may itself hold spaces and parentheses.
        guard let end = text.lastIndex(of: ")"), let pid = Int32(text.prefix { $0 != " " }) else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let startTime = UInt64(fields[19]) else {
            return nil
        }
        self.init(pid: pid, startTime: startTime)
    }
}

extension ProcessIdentity: CustomStringConvertible {
    /// `PID START`.
    package var description: String { "\(pid) \(startTime)" }

    /// Reads `PID START`.
    package init?(text: some StringProtocol) {
        let fields = text.split(separator: " ", omittingEmptySubsequences: false)
        guard fields.count == 2, let pid = Int32(fields[0]), let startTime = UInt64(fields[1]), pid > 0 else {
            return nil
        }
        self.init(pid: pid, startTime: startTime)
    }
}
