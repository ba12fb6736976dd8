import ArgumentParser
import DaemonKit
import Logging
import RPCTransport

/// How to reach the controller: options of every command.
struct SwarmConnection: ParsableArguments {
    @Option(help: ArgumentHelp("The controller's agent port.", valueName: "host:port"))
    var controller = "127.0.0.1:7443"

    @Option(help: "Handshakes at the same time.")
    var dials = 32

    @Option(help: "Event loops.")
    var threads = 1

    @Option(name: .customLong("from"), help: "A local address to dial from; repeat it to use several in turn.")
    var sources: [String] = []

    func validate() throws {
        _ = try target()
        guard (1...1024).contains(dials) else { throw ValidationError("--dials takes 1 to 1024, not \(dials).") }
        guard (1...64).contains(threads) else { throw ValidationError("--threads takes 1 to 64, not \(threads).") }
    }

    func target() throws -> RPCTarget {
        guard let colon = controller.lastIndex(of: ":"),
            let port = UInt16(controller[controller.index(after: colon)...]),
            port > 0, colon > controller.startIndex
        else { throw ValidationError("--controller takes HOST:PORT, not '\(controller)'.") }
        var host = controller[..<colon]
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        return RPCTarget(host: String(host), port: Int(port))
    }

    /// What a swarm needs to know.
    func settings(authority: String, pace: SwarmPace, timing: SwarmTiming) throws -> Swarm.Settings {
        Swarm.Settings(
            target: try target(),
            authority: authority,
            pace: pace,
            timing: timing,
            threads: threads,
            dials: dials,
            sources: sources
        )
    }

    /// Warnings and worse, on standard error: a swarm would drown in anything more.
    func logger() -> Logger {
        Logger(label: "swarm") { LineLogHandler(label: $0, level: .warning, format: .logfmt) }
    }
}
