import ArgumentParser
import Fleet
import FleetClient
import Foundation

/// `muster support-bundle`.
struct SupportBundleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "support-bundle",
        abstract: "Gather what somebody needs who is to find out from afar what is wrong.",
        discussion: """
            A directory of text files: what the controller knows of hosts and deployments, and of each named host what it \
            says of itself, the revisions in its journal and the newest lines of its logs. Secrets are taken out before \
            anything leaves a host: variables' values, private keys, tokens, passwords. What looks like any other word \
            cannot be known: look through it before you send it.
            """
    )

    @Argument(
        help: ArgumentHelp("Hosts that are asked.", valueName: "host"),
        completion: NameCompletion.names(of: .host)
    )
    var hosts: [String] = []
    @Flag(inversion: .prefixedNo, help: "Take secrets out; leaving them in takes an admin.") var redact = true
    @Option(help: ArgumentHelp("A directory that is not there yet.", valueName: "directory")) var to: String?

    func run() async throws {
        let hosts = try hosts.map { try ObjectReference.name($0, of: .host) }
        try await OperatorSession.run { session in
            let stamp = "\(session.now)".replacing(":", with: "-")
            let directory = try SupportDirectory(path: to ?? "muster-support-\(stamp)")
            try await gatherController(session, into: directory)
            var failed: [String] = []
            for host in hosts {
                do {
                    try await session.client.supportBundle(of: host, redacted: redact) { piece in
                        try directory.append(piece.text, to: "hosts/\(host)/\(piece.file)")
                    }
                    session.terminal.say("host/\(host) gathered")
                } catch let error as ClientError {
                    failed.append(host)
                    let text = CommandFailure(error).text(style: TextStyle(isColoured: false))
                    try directory.append(text + "\n", to: "hosts/\(host)/error.txt")
                    session.terminal.complain(CommandFailure(error).text(style: session.terminal.errorStyle))
                }
            }
            session.terminal.say(
                "\(directory.count) files in \(directory.path); look through them before you send them"
            )
            guard failed.isEmpty else { throw ExitCode(1) }
        }
    }

    private func gatherController(_ session: OperatorSession, into directory: SupportDirectory) async throws {
        try directory.append(try text(of: try await session.client.list(.hosts)), to: "controller/hosts.json")
        try directory.append(
            try text(of: try await session.client.list(.deployments)),
            to: "controller/deployments.json"
        )
        try directory.append(try text(of: try await session.client.list(.rollouts)), to: "controller/rollouts.json")
    }

    private func text(of value: some Encodable) throws -> String {
        let text = try ObjectPrinter.json(value)
        return redact ? try SupportText.redacted(text) : text
    }
}
