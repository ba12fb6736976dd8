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

    /// Reads the file's text; `nil` for another version or a torn file. Lines that a newer shim adds are left out.
    package init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        func value(_ name: String) -> Substring? { lines.lazy.compactMap { Self.value(name, of: $0) }.first }
        guard lines.first == ShimSpecification.format[...], lines.last == "",
            let shim = value("shim").flatMap(ProcessIdentity.init(text:)),
            let child = value("child").flatMap(ProcessIdentity.init(text:)),
            let startedAt = value("started").flatMap({ Int64($0) }), let boot = value("boot")
        else { return nil }
        self.init(shim: shim, child: child, boot: String(boot), startedAt: startedAt)
    }

    private static func value(_ name: String, of line: Substring) -> Substring? {
        line.hasPrefix("\(name) ") ? line.dropFirst(name.count + 1) : nil
    }
}
