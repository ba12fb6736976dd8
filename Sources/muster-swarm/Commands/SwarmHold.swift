import ArgumentParser
import DaemonKit
import Glibc

/// `muster-swarm hold`: connected and idle, as a fleet is on a quiet day.
struct SwarmHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Connect agents, print READY, and keep them connected until SIGTERM or SIGINT; then print a report."
    )

    @OptionGroup var connection: SwarmConnection

    @OptionGroup var hosts: SwarmHosts

    @Option(help: ArgumentHelp("What `enroll --out` filled.", valueName: "directory"))
    var identities: String

    @Option(help: "How many agents connect; all by default.")
    var connections: Int?

    mutating func run() async throws {
        let command = self
        let part = DaemonPart(name: "swarm") { try await command.hold() }
        let code = await Daemon(parts: [part], logger: connection.logger()).run()
        if code != 0 { throw ExitCode(code) }
    }

    private func hold() async throws {
        let directory = try IdentityDirectory(existing: identities)
        let agents = try directory.identities(limit: connections ?? .max)
        if let connections, agents.count < connections {
            throw SwarmError("\(identities) holds \(agents.count) identities, not \(connections); enrol more")
        }
        try OpenFiles.allow(connections: agents.count)
        let settings = try connection.settings(
            authority: directory.authority() ?? "",
            pace: .asWelcomed,
            timing: try hosts.timing()
        )
        let swarm = try await Swarm(settings, logger: connection.logger())
        let failures = await swarm.connect(agents)
        guard failures.isEmpty else {
            let reasons = failures.map { "\($0.value) × \($0.key)" }.sorted().joined(separator: "; ")
            throw SwarmError("not every agent connected: \(reasons)")
        }
        try await swarm.beginRecording()
        // A reader of a pipe waits for this word: it must not stay in a buffer.
        print("READY \(agents.count)")
        fflush(nil)
        try await GracefulShutdown.requested()
        let seen = try await swarm.endRecording()
        try SwarmReport.write(
            HoldReport(
                connections: agents.count,
                lost: seen.lost,
                reasons: seen.reasons,
                leases: LatencySummary(seen.leases),
                rollbacks: seen.rollbacks.mapValues { RollbackReport($0) }
            )
        )
        guard seen.lost == 0 else { throw SwarmError("\(seen.lost) sessions were lost; the report says why") }
    }
}
