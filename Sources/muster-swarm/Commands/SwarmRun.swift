import ArgumentParser
import DaemonKit
import Fleet
import NIOCore

/// `muster-swarm run`: leases and their latencies.
struct SwarmRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Connect agents, send leases for some time, and print rates and latencies as JSON."
    )

    @OptionGroup var connection: SwarmConnection

    @OptionGroup var hosts: SwarmHosts

    @Option(help: ArgumentHelp("What `enroll --out` filled.", valueName: "directory"))
    var identities: String

    @Option(help: "How many agents connect; all by default.")
    var connections: Int?

    @Option(help: ArgumentHelp("Milliseconds between two leases of an agent.", valueName: "ms"))
    var leaseInterval: Int64?

    @Flag(help: "Each agent sends the next lease as soon as one is answered.")
    var asFastAsPossible = false

    @Option(help: "With --as-fast-as-possible: leases of one agent on the way.")
    var inflight = 1

    @Option(help: "How long to measure.")
    var seconds = 10

    @Option(help: "How long to go on after the last connection before measuring.")
    var warmUp = 1

    func validate() throws {
        guard asFastAsPossible != (leaseInterval != nil) else {
            throw ValidationError("Give either --lease-interval MS or --as-fast-as-possible.")
        }
        guard leaseInterval.map({ $0 > 0 }) ?? true else { throw ValidationError("--lease-interval takes at least 1.") }
        guard (1...10_000).contains(inflight) else { throw ValidationError("--inflight takes 1 to 10000.") }
        guard (1...86_400).contains(seconds), warmUp >= 0 else { throw ValidationError("--seconds takes at least 1.") }
    }

    mutating func run() async throws {
        let command = self
        let part = DaemonPart(name: "swarm") {
            try await GracefulShutdown.cancelling { try await command.measure() }
        }
        let code = await Daemon(parts: [part], logger: connection.logger()).run()
        if code != 0 { throw ExitCode(code) }
    }

    private func measure() async throws {
        let directory = try IdentityDirectory(existing: identities)
        let agents = try directory.identities(limit: connections ?? .max)
        if let connections, agents.count < connections {
            throw SwarmError("\(identities) holds \(agents.count) identities, not \(connections); enrol more")
        }
        try OpenFiles.allow(connections: agents.count)
        let swarm = try await Swarm(
            try connection.settings(
                authority: directory.authority() ?? "",
                pace: leaseInterval.map { .every(.milliseconds($0)) } ?? .asFastAsPossible(inflight: inflight),
                timing: try hosts.timing()
            ),
            logger: connection.logger()
        )
        let dialled = NIODeadline.now()
        let failures = await swarm.connect(agents)
        let connected = NIODeadline.now()
        try await TimeSource.system.sleep(.seconds(Int64(warmUp)))
        try await swarm.beginRecording()
        let began = NIODeadline.now()
        try await TimeSource.system.sleep(.seconds(Int64(seconds)))
        let seen = try await swarm.endRecording()
        let measured = Double((NIODeadline.now() - began).nanoseconds) / 1e9
        let failed = failures.values.reduce(0, +)
        let report = SwarmReport(
            connections: agents.count,
            failed: failed,
            lost: seen.lost,
            reasons: seen.reasons.merging(failures) { $0 + $1 },
            seconds: measured,
            leases: seen.leases.count,
            leasesPerSecond: (Double(seen.leases.count) / measured).rounded(),
            latency: LatencySummary(seen.leases),
            connect: LatencySummary(seen.connects),
            connectsPerSecond: (Double(seen.established) / (Double((connected - dialled).nanoseconds) / 1e9)).rounded()
        )
        try SwarmReport.write(report)
        guard failed == 0, seen.lost == 0 else {
            throw SwarmError("\(failed) connections failed and \(seen.lost) sessions were lost; the report says why")
        }
    }
}
