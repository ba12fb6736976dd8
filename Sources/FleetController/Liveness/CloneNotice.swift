import Fleet
import SessionLifecycle

/// What is known of another machine that asks for a host's session with the host's identity.
struct CloneNotice: Hashable, Sendable {
    /// How long after the last attempt people are told of it: who is refused tries again every minute.
    static let kept = Span.seconds(900)

    /// What was found out.
    var finding: CloneWatch.Finding
    /// Where the last attempt came from.
    var address: String
    /// The machine id that it said; empty when it said none.
    var machine: String
    /// The first attempt and the last.
    var since: Instant
    var last: Instant

    /// Whether it is still worth telling.
    func isFresh(at now: Instant) -> Bool { now < last + Self.kept }

    /// Whether the host itself may be kept out by it.
    var keepsHostOut: Bool { finding == .indistinct }

    /// Why, in words that follow the host's name, and what to do.
    func text(of host: FleetHost) -> String {
        switch finding {
        case .otherInstance:
            "a machine at \(address) asks for its session with its certificate and another instance id: its files were mixed "
                + "with another host's; it is refused, and what serves there serves on: enrol that machine on its own"
        case .otherMachine:
            "a machine at \(address) with machine id \(Self.short(machine)) asks for its session, but it enrolled with "
                + "\(Self.short(host.machine)): a copy of its disk; it is refused, and what serves there serves on: enrol it on "
                + "its own, in an empty data directory. If it is the host and has a new id, put the old one back into "
                + "/etc/machine-id, or enrol the host anew"
        case .displaces:
            "a machine at \(address) took its session away again and again: a copy of it; it is refused, and what serves there "
                + "serves on: stop it, and enrol it on its own, in an empty data directory"
        case .indistinct:
            "machines took its session from each other, the last one at \(address), and nothing tells which of them is the "
                + "host, so none is let in for 10 minutes; what serves there serves on: stop the copy, and enrol it on its own, "
                + "in an empty data directory; then restart the host's agent, which lets it in at once"
        }
    }

    /// What the refused agent logs.
    func farewell(to host: FleetHost) -> String {
        switch finding {
        case .otherInstance: "this is not the instance that enrolled as \(host.name); enrol this host on its own"
        case .otherMachine:
            "this machine has the identity of host '\(host.name)' and another machine id, so it is taken for a copy of its disk; "
                + "what serves here serves on; enrol this machine on its own, in an empty data directory"
        case .displaces, .indistinct:
            "another machine has the identity of host '\(host.name)' too, and this one may be the copy; what serves here serves "
                + "on; see 'muster describe host \(host.name)', and enrol the copy on its own, in an empty data directory"
        }
    }

    private static func short(_ machine: String) -> String { machine.isEmpty ? "none" : "\(machine.prefix(8))…" }
}
