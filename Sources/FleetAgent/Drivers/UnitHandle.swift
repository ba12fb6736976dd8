import ShimProtocol

/// How an agent finds a replica again that systemd holds: `unit` in the replica's directory, written before anybody hears of
/// the start.
struct UnitHandle: Hashable, Sendable {
    /// The name of the file.
    static let file = "unit"
    private static let format = "muster-unit/1"

    /// The unit's name, unique for each start.
    var unit: String
    /// What systemd calls this run of it (systemd.exec(5), `$INVOCATION_ID`).
    var invocation: String
    /// The unit's main process: the model server.
    var child: ProcessIdentity
    /// The boot that it belongs to.
    var boot: String
    /// Milliseconds since 1970 at the start.
    var startedAt: Int64

    init(unit: String, invocation: String, child: ProcessIdentity, boot: String, startedAt: Int64) {
        self.unit = unit
        self.invocation = invocation
        self.child = child
        self.boot = boot
        self.startedAt = startedAt
    }

    /// The file's text: one `name value` a line.
    var text: String {
        "\(Self.format)\nunit \(unit)\ninvocation \(invocation)\nchild \(child)\nstarted \(startedAt)\nboot \(boot)\n"
    }

    /// Reads the file's text; `nil` for another version or a torn file. Lines that a newer agent adds are left out.
    init?(text: String) {
        guard let lines = NamedLines(text, format: Self.format), let unit = lines["unit"],
            let invocation = lines["invocation"], let child = lines["child"].flatMap(ProcessIdentity.init(text:)),
            let startedAt = lines["started"].flatMap({ Int64($0) }), let boot = lines["boot"]
        else { return nil }
        self.init(unit: unit, invocation: invocation, child: child, boot: boot, startedAt: startedAt)
    }
}
