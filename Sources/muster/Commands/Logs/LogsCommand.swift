import ArgumentParser
import Fleet
import FleetClient

/// `muster logs`.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what a replica's model server has written on its host.",
        discussion: """
            Name it as HOST/DEPLOYMENT, or as deployment/NAME with --host. It is read where it is, oldest first, rotated \
            files included; --since goes by the times that its lines bear. -f goes on in the new file when the log is made \
            anew under its name.
            """
    )

    @Argument(help: ArgumentHelp("HOST/DEPLOYMENT, or deployment/NAME.", valueName: "replica")) var replica: String
    @Option(
        help: "The host, where the replica is named by its deployment.",
        completion: NameCompletion.names(of: .host)
    )
    var host: String?
    @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on with what is written from now on.")
    var follow = false
    @Option(help: ArgumentHelp("Only so many lines of what there is.", valueName: "lines")) var tail: Int?
    @Option(
        help: ArgumentHelp("Only what was written since, like 10m, '02:55' or '2026-11-22 02:55'.", valueName: "time")
    )
    var since: String?

    func validate() throws {
        if let tail, !(0...LogQuery.mostLines).contains(tail) {
            throw ValidationError("--tail is a number of lines from 0 to \(LogQuery.mostLines).")
        }
        _ = try place()
    }

    func run() async throws {
        let (deployment, named) = try place()
        try await OperatorSession.run { session in
            let now = session.now
            let start = try since.map { try TimePoint.read($0, option: "--since", now: now) }
            let host = if let named { named } else { try await onlyHost(of: deployment, session) }
            let terminal = session.terminal
            var print = LogPrinter(isForPerson: terminal.isInteractive)
            try await session.client.logs(
                of: deployment,
                on: host,
                follow: follow,
                tail: tail,
                since: start
            ) { terminal.write(print.text($0)) }
        }
    }

    /// The deployment and the host, as far as they are named.
    private func place() throws -> (deployment: String, host: String?) {
        let words = replica.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if let host {
            return (try ObjectReference.deployment(replica), host)
        }
        guard words.count == 2, !words[0].isEmpty, !words[1].isEmpty else {
            throw ValidationError(
                "'\(replica)' names no replica; write HOST/DEPLOYMENT, or deployment/NAME --host HOST."
            )
        }
        guard !ObjectType.deployment.names.contains(words[0]) else { return (words[1], nil) }
        return (words[1], words[0])
    }

    /// The host of a deployment that has one.
    private func onlyHost(of deployment: String, _ session: OperatorSession) async throws -> String {
        let hosts = try await session.client.get(.deployments, deployment).hosts.map(\.host)
        guard let host = hosts.first, hosts.count == 1 else {
            let some = hosts.prefix(5).joined(separator: ", ") + (hosts.count > 5 ? ", …" : "")
            throw CommandFailure.usage(
                hosts.isEmpty
                    ? "'\(deployment)' has no replica anywhere"
                    : "'\(deployment)' has replicas on \(hosts.count) hosts: \(some)",
                hint: hosts.isEmpty
                    ? "see why: muster explain deployment/\(deployment)"
                    : "name one: muster logs \(hosts[0])/\(deployment)"
            )
        }
        return host
    }
}
