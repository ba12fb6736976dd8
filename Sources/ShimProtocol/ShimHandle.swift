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
        guard let lines = NamedLines(text, format: ShimSpecification.format),
            let shim = lines["shim"].flatMap(ProcessIdentity.init(text:)),
            let child = lines["child"].flatMap(ProcessIdentity.init(text:)),
            let startedAt = lines["started"].flatMap({ Int64($0) }), let boot = lines["boot"]
        else { return nil }
        self.init(shim: shim, child: child, boot: boot, startedAt: startedAt)
    }
}
