/// How an agent finds a replica again: a small text file, written before the agent hears of the start.
package struct ShimHandle: Hashable, Sendable {
    /// The shim.
    package var shim: ProcessIdentity
    /// The model server.
    package var child: ProcessIdentity
    /// The boot that both belong to: pids of another boot mean nothing.
    package var boot: String
    /// Milliseconds since 1970 at the start.
    package var startedAt: Int64

    /// How an agent finds a replica again.
    package init(shim: ProcessIdentity, child: ProcessIdentity, boot: String, startedAt: Int64) {
        self.shim = shim
        self.child = child
        self.boot = boot
        self.startedAt = startedAt
    }

    /// The file's text: one `name value` a line.
    package var text: String {
        "\(ShimSpecification.format)\nshim \(shim)\nchild \(child)\nstarted \(startedAt)\nboot \(boot)\n"
    }

    /// Reads the file's text; `nil` for another version or a torn file.
    package init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 6, lines[0] == ShimSpecification.format, lines[5].isEmpty,
            let shim = Self.value("shim", of: lines[1]).flatMap(ProcessIdentity.init(text:)),
            let child = Self.value("child", of: lines[2]).flatMap(ProcessIdentity.init(text:)),
            let startedAt = Self.value("started", of: lines[3]).flatMap({ Int64($0) }),
            let boot = Self.value("boot", of: lines[4])
        else { return nil }
        self.init(shim: shim, child: child, boot: String(boot), startedAt: startedAt)
    }

    private static func value(_ name: String, of line: Substring) -> Substring? {
        line.hasPrefix("\(name) ") ? line.dropFirst(name.count + 1) : nil
    }
}
