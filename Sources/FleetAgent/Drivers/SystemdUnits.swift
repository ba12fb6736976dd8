import Fleet
import Glibc

/// Transient units of this host's systemd, through its own command line: `systemd-run` and `systemctl` take milliseconds,
/// and nothing here is done often. Every call blocks: not for an event loop.
struct SystemdUnits: Sendable {
    /// Where all replicas' units are.
    static let slice = "muster.slice"

    private let run = BoundedCommand(program: "/usr/bin/systemd-run", limit: .seconds(60))
    private let control = BoundedCommand(program: "/usr/bin/systemctl", limit: .seconds(60))

    /// Why this host cannot have units from this agent; `nil` when it can, as far as can be told without starting one.
    static var refusal: String? {
        // sd_booted(3).
        guard access("/run/systemd/system", F_OK) == 0 else { return "systemd does not run here" }
        guard access("/usr/bin/systemd-run", X_OK) == 0 else { return "there is no /usr/bin/systemd-run" }
        guard geteuid() == 0 else {
            return
                "the agent runs as \(HostSystem.user), and systemd starts units for root alone (User=root in a drop-in "
                + "for muster-agent.service; replicas do not run as root by that)"
        }
        return nil
    }

    /// Starts a unit; returns when its program has been executed.
    ///
    /// - Throws: `start` with what systemd says.
    func start(_ name: String, description: String, properties: [String], command: [String]) throws(AgentError) {
        let options = [
            "--quiet", "--no-ask-password", "--unit=\(name)", "--slice=\(Self.slice)", "--service-type=exec",
            "--description=\(description)",
        ]
        let result = try run.run(options + properties.map { "--property=\($0)" } + ["--"] + command)
        guard result.status == 0 else {
            throw AgentError(.start, "systemd did not start \(name): \(Self.line(result.complaint))")
        }
    }

    /// Runs a unit to its end and returns what it printed.
    ///
    /// - Throws: `start` with what systemd says.
    func ask(_ name: String, properties: [String], command: [String]) throws(AgentError) -> String {
        let options = [
            "--quiet", "--no-ask-password", "--wait", "--pipe", "--collect", "--unit=\(name)", "--slice=\(Self.slice)",
            "--description=Muster asks what systemd enforces on this host",
        ]
        let result = try run.run(options + properties.map { "--property=\($0)" } + ["--"] + command)
        guard result.status == 0 else {
            throw AgentError(.start, "a unit that only asks was not carried out: \(Self.line(result.complaint))")
        }
        return result.output
    }

    /// What systemd says of a unit.
    func state(of name: String) throws(AgentError) -> UnitState {
        let asked = "--property=\(UnitState.properties.joined(separator: ","))"
        return UnitState(text: try control.run(["show", asked, name]).output)
    }

    /// Asks a unit to stop, as it says itself, and does not wait for it.
    func stop(_ name: String) throws(AgentError) { _ = try control.run(["stop", "--no-block", name]) }

    /// Kills every process of a unit.
    func kill(_ name: String) throws(AgentError) { _ = try control.run(["kill", "--signal=SIGKILL", name]) }

    /// Ends a unit and has systemd forget it.
    func forget(_ name: String) throws(AgentError) {
        _ = try control.run(["stop", name])
        // Only one that has failed is still there.
        _ = try control.run(["reset-failed", name])
    }

    /// The units whose names begin with this.
    func names(beginning prefix: String) throws(AgentError) -> [String] {
        // The agent's start waits for it, and what serves is to be taken over soon.
        var control = control
        control.limit = .seconds(5)
        let listed = try control.run(["list-units", "--all", "--plain", "--no-legend", "--full", "\(prefix)*.service"])
        return listed.output.split(separator: "\n").compactMap { line in
            line.split(separator: " ").first.map(String.init)
        }.filter { $0.hasPrefix(prefix) }
    }

    private static func line(_ complaint: String) -> String { complaint.isEmpty ? "it does not say why" : complaint }
}
