import ArgumentParser
import Fleet
import FleetClient

/// `muster host adopt-port`.
struct HostAdoptPort: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt-port",
        abstract: "Let a deployment take a port of a host over from a program that listens on it.",
        usage: "muster host adopt-port HOST PORT [--reason REASON] [--release]",
        discussion: """
            For a host that serves already by something that is not Muster's. Until a deployment's replica is proven there, \
            nothing changes for that program. Then new connections go to the replica, in one step; those that are \
            established stay with the program until they end. When nothing of the deployment stands on the host any more, \
            after its removal above all, new connections go to the program again: that is the way back.

            It needs the kernel's switch (nftables) on the host. With --release the leave is taken back: what serves through \
            the port goes on.
            """
    )

    @Argument(help: "The host's name.", completion: NameCompletion.names(of: .host)) var name: String
    @Argument(help: "The port, as in the deployments' scope.endpoint.port.") var port: String
    @Option(help: "Why; it is kept in the audit.") var reason: String?
    @Flag(help: "Take the leave back.") var release = false

    private var number: UInt16? { UInt16(port).flatMap { $0 == 0 ? nil : $0 } }

    func validate() throws {
        guard number != nil else {
            throw ValidationError("'\(port)' is no port: write a number from 1 to 65535, such as 8080.")
        }
    }

    func run() async throws {
        let host = try ObjectReference.name(name, of: .host)
        guard let number else { return }
        try await OperatorSession.run { session in
            let view =
                release
                ? try await session.client.releasePort(number, onHost: host, reason: reason)
                : try await session.client.adoptPort(number, onHost: host, reason: reason)
            let deployments = try await session.client.list(.deployments).items.filter { deployment in
                let scope = deployment.deployment.scope
                return scope.endpoint?.port == number && scope.hosts.matches(view.host.labels)
            }
            for line in lines(number, host, deployments) { session.terminal.say(line) }
            // Of the host's other warnings nobody asked.
            for warning in view.warnings where warning.hasPrefix("port") { session.terminal.say("warning: \(warning)") }
        }
    }

    /// What has a deployment that waited for it go on.
    private func next(after deployments: [DeploymentView]) -> String {
        for deployment in deployments {
            let name = deployment.deployment.name
            switch deployment.rollout?.state {
            case .paused: return "muster rollout resume \(name)"
            case .aborted, .cancelled: return "muster rollout retry \(name)"
            default: continue
            }
        }
        return deployments.first.map { "muster explain deployment/\($0.deployment.name)" } ?? "muster get deployments"
    }

    private func lines(_ port: UInt16, _ host: String, _ deployments: [DeploymentView]) -> [String] {
        let names = deployments.map { "'\($0.deployment.name)'" }.joined(separator: ", ")
        guard !release else {
            let serving = deployments.isEmpty ? "" : "; what serves there (\(names)) goes on"
            return ["host/\(host): port \(port) is not granted to endpoints any more\(serving)"]
        }
        let granted = "host/\(host): endpoints may take port \(port) over from whatever listens on it"
        guard !deployments.isEmpty else {
            return [
                granted,
                "\nNo deployment that takes this host has that endpoint yet: the leave waits for one.",
                "To see who listens there: muster host inspect \(host)",
            ]
        }
        return [granted + ", for \(names)", "\nNext: \(next(after: deployments))"]
    }
}
