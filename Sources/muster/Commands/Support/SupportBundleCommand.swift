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
            cannot be known: look through it before you send it. A host that cannot be asked or read has its reason in \
            errors/HOST.txt, and the others are asked all the same; a host's part holds at most 2000 files and 64 MiB.
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
            var isWhole = try await gatherController(session, into: directory)
            for host in hosts {
                let isGathered = try await attempt(host, session, directory, endingOn: { _ in false }) {
                    try await session.client.supportBundle(of: host, redacted: redact) { piece in
                        try directory.append(piece.text, to: "hosts/\(host)/\(piece.file)")
                    }
                }
                if isGathered { session.terminal.say("host/\(host) gathered") }
                isWhole = isWhole && isGathered
            }
            session.terminal.say(
                "\(directory.count) files in \(directory.path); look through them before you send them"
            )
            guard isWhole else { throw ExitCode(1) }
        }
    }

    private func gatherController(_ session: OperatorSession, into directory: SupportDirectory) async throws -> Bool {
        let hosts = try await attempt("controller-hosts", session, directory, endingOn: Self.isAnyMore) {
            try directory.append(try text(of: try await session.client.list(.hosts)), to: "controller/hosts.json")
        }
        let deployments = try await attempt("controller-deployments", session, directory, endingOn: Self.isAnyMore) {
            let listing = try await session.client.list(.deployments)
            try directory.append(try text(of: listing), to: "controller/deployments.json")
        }
        let rollouts = try await attempt("controller-rollouts", session, directory, endingOn: Self.isAnyMore) {
            try directory.append(try text(of: try await session.client.list(.rollouts)), to: "controller/rollouts.json")
        }
        return hosts && deployments && rollouts
    }

    /// Whether more than what the controller says of one host is wrong: then nothing can be asked.
    private static func isAnyMore(_ error: ClientError) -> Bool { error.code != .unexpectedAnswer }

    /// Gathers a part. Why it fails is said, and written where no host writes; the other parts are gathered all the same.
    ///
    /// - Parameter isEnd: what ends the whole bundle.
    private func attempt(
        _ part: String,
        _ session: OperatorSession,
        _ directory: SupportDirectory,
        endingOn isEnd: (ClientError) -> Bool,
        _ gather: () async throws -> Void
    ) async throws -> Bool {
        let failure: CommandFailure
        do {
            try await gather()
            return true
        } catch let error as CancellationError {
            throw error
        } catch let error as ClientError where isEnd(error) {
            throw error
        } catch let error as CommandFailure {
            failure = error
        } catch let error as ClientError {
            failure = CommandFailure(error)
        } catch {
            failure = CommandFailure(
                .internal,
                "what \(part) says cannot be read: \(error)",
                hint: "look at it by itself"
            )
        }
        try directory.append(failure.text(style: TextStyle(isColoured: false)) + "\n", to: "errors/\(part).txt")
        session.terminal.complain(failure.text(style: session.terminal.errorStyle))
        return false
    }

    private func text(of value: some Encodable) throws -> String {
        let text = try ObjectPrinter.json(value)
        return redact ? try SupportText.redacted(text) : text
    }
}
